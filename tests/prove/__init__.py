"""Long proofs, each a command of its own: `./do_py.sh prove NAME`.

One module per proof in this folder, one row in PROOFS. A proof runs as long as its `--count` says
and returns what it found; nothing found is code 0.
"""
