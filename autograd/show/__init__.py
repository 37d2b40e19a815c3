"""What a person looks at: pictures of the backward pass."""
