// A page that was opened as a file may not start the Worker that searches: it runs in a hidden frame instead.
// (Otherwise the `offline` plugin would fetch iframe-worker, which does the same, from the network.)
if (location.protocol === "file:")
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.body.append(frame)
      const inside = frame.contentWindow
      inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
      const script = inside.document.createElement("script")
      this.loaded = new Promise(resolve => script.addEventListener("load", resolve))
      this.inside = inside
      script.src = new URL(url, location.href).href
      inside.document.body.append(script)
    }
    postMessage(data) {
      this.loaded.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data })))
    }
    terminate() {}
  }
