"""The recorded program: what a function computes, as the NumPy that an expert would have written.

calls       what a program consists of                  traced     arrays that write down what is done with them
known       of NumPy's functions                        reach      what a function can reach by its own names
recorder    the calls of one run                        observed   a function, run on trial and then recorded
simplify    what need not be done                       layouts    small matrices as BLAS likes them
blocks      large arrays, piece by piece                plan       which value lives in which buffer
rows        sums of many small terms                    flat       parameters as views of one vector
emit        the source                                  summary    its cost
replay      one program and its runs                    compile    the programs of one function
copies      functions and arrays as source              save       a program as a module of its own
"""
