"""The leaderboard's checker, run by the small environment's interpreter; nothing of it is imported by the project.

`resources.bfcl.process` starts it as a package named `runner`, so that its files import each other alone, the
standard library and `bfcl_eval`. `BFCL_PROJECT_ROOT` must name a scratch folder: the package creates folders there
when it is imported.
"""
