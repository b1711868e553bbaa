"""What the three apps are made of, above the rooms: dm.py, ev_app.py and bs_app.py compose it."""
