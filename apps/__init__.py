"""Parts of the programs, above the rooms: dm.py, ev_app.py and bs_app.py compose them."""
