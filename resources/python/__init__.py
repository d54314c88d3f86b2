"""Isolated execution of Python functions.

Four kinds of process, each trusted less than the one before:

* the *pool* (`pool`, in the caller's process) groups calls into batches and gives results back in order;
* the *supervisor* (`supervisor`, one per worker, inside the isolation) never runs code of a user. It alone
  holds the channel to the pool, measures the deadlines and kills;
* a *zygote* (`zygote`, one per trust unit: a top-level package, or one file of a user) imports and forks;
* an *executor* (`executor`, a fork of the zygote that lives for one batch) calls the functions.

Code of different trust units therefore never shares a process, state left behind by a call ends with its
batch, and a new executor after a death costs a fork, not the start of an interpreter.
"""
