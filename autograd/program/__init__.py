"""The recorded program: what a function computes, as the NumPy that an expert would have written.

record (traced, recorder)  ->  simplify  ->  plan (plan, blocks)  ->  emit  ->  replay (recording, compile) or save
"""
