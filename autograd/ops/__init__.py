"""The ops: every file holds forwards with their local rules underneath.

To add one: 1. its forward and defvjp in the file of its family here; 2. its name in autograd/__init__.py; 3. if NumPy
has it, a row in numpy_protocol.OPS; 4. if ndarray has it as a method, that method in tensor.py; 5. a case in
tests/test_ops.py, where a test fails until there is one.
"""
