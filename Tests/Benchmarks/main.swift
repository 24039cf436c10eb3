print("nothing to measure")
