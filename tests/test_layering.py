"""A file imports only from files above it: no cycles, no import inside a function to dodge one."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

ORDER = """
    autograd.recording autograd.errors autograd.arrays autograd.kinds autograd.arguments autograd.signatures autograd.files autograd.graph autograd.memory autograd.primitive autograd.selection autograd.backprop
    autograd.ops autograd.ops.elementwise autograd.ops.activation autograd.ops.elementary autograd.ops.special autograd.ops.rounding
    autograd.ops.shape autograd.ops.reduction autograd.ops.reduce autograd.ops.index autograd.ops.linalg autograd.ops.statistics
    autograd.ops.sequences autograd.ops.quantiles autograd.ops.rearrange autograd.ops.joining autograd.ops.piecewise
    autograd.ops.products autograd.ops.algebra autograd.ops.results autograd.ops.norms autograd.ops.loss autograd.ops.windows autograd.ops.conv autograd.ops.pooling autograd.linalg
    autograd.numpy_protocol autograd.tensor autograd.report autograd.differences autograd.compare autograd.check
    autograd.audit autograd.containers
    autograd.functional autograd.checkpoint autograd.debug autograd.program autograd.program.calls autograd.program.traced
    autograd.program.known autograd.program.reach autograd.program.recorder autograd.program.simplify autograd.program.layouts autograd.program.blocks autograd.program.plan
    autograd.program.rows
    autograd.program.flat autograd.program.observed autograd.program.summary autograd.program.emit autograd.program.replay autograd.program.copies autograd.program.save autograd.program.compile autograd.show
    autograd.show.expression autograd.show.shapes autograd.show.constants autograd.show.names autograd.show.ordinary autograd.show.reading autograd.show.derive autograd.show.notation
    autograd.show.derivatives autograd.show.formulas autograd.show.visits autograd.show.owners autograd.show.folding autograd.show.layout autograd.show.flow
    autograd.show.colours autograd.show.labels autograd.show.marked autograd.show.dot autograd.show.arrangement autograd.show.cells autograd.show.story autograd.show.page autograd.show.drawing autograd
    nn.checks nn.states nn.best nn.schedules nn.init nn.module nn.activations nn.layers nn.conv nn.normalisation nn.dropout nn.summary nn.scaling nn.losses nn.mlp nn.clipping nn.optimizer nn.optim nn.groups nn.compiled nn.data nn.datasets.make nn.datasets.packaged nn.datasets.arrays nn.datasets.advice nn.datasets.fields nn.datasets.target nn.datasets.table nn.datasets
    nn.metrics nn.serialization nn.parallel nn.callbacks nn.resume nn.shares nn.progress nn.step nn.evaluation nn.given nn.means nn.epoch nn.history nn.training nn.plots nn nn.commands nn.commands.nets nn.commands.recipes nn.commands.samples nn.commands.reports nn.commands.planning nn.commands.options nn.commands.train nn.commands.use nn.__main__
""".split()
OPTIONAL = {"graphviz", "pygraphviz", "matplotlib", "mpi4py"}  # may be imported inside the one function that needs them


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(p): p for package in ("autograd", "nn") for p in sorted((ROOT / package).rglob("*.py"))}


def imports(tree):
    """(module, node, inside a function) for every import; `from a import b` of a module b counts as a.b."""
    inside = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield (full if full in FILES else node.module), id(node) in inside


def test_every_file_has_its_place():
    assert sorted(FILES) == sorted(ORDER)


@pytest.mark.parametrize("name", FILES)
def test_a_file_imports_only_from_above(name):
    for target, inside in imports(ast.parse(FILES[name].read_text())):
        top = target.split(".")[0]
        if top in ("autograd", "nn"):
            assert not inside, f"{name} imports {target} inside a function"
            assert ORDER.index(target) < ORDER.index(name), f"{name} imports {target}, which stands below it"
        elif inside:
            assert top in OPTIONAL or top in sys.stdlib_module_names, f"{name} imports {target} inside a function"


@pytest.mark.parametrize("name", FILES)
def test_the_first_line_says_what_the_file_is_for(name):
    first = (ast.get_docstring(ast.parse(FILES[name].read_text())) or "").splitlines()[0]
    assert first.endswith((".", ":"))
    assert len(first) > 20


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_made_that_cannot_be_searched_for(name):
    for node in ast.walk(ast.parse(FILES[name].read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("setattr", "globals", "eval"), f"{name}:{node.lineno}"
            assert node.func.id != "exec" or name == "autograd.program.replay", f"{name}:{node.lineno}"


def test_importing_autograd_loads_nothing_but_numpy():
    code = "import sys, autograd; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    bare = subprocess.run([sys.executable, "-c", code.replace(", autograd", ", numpy")], capture_output=True, text=True)
    extra = set(run.stdout.split()) - set(bare.stdout.split()) - set(sys.stdlib_module_names)
    assert extra <= {"autograd", "numpy"}


def test_the_core_can_be_read_in_one_sitting():
    core = [FILES[f"autograd.{name}"] for name in ("graph", "primitive", "selection", "backprop")]
    written = [line for path in core for line in path.read_text().splitlines() if line.strip()]
    assert len(written) < 420
