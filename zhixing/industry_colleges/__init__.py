"""Industry colleges (产业学院): how each is founded, governed, built and judged, and what it yields in the ten areas.

Record types: industry college, charter section, seat, council meeting, construction plan, plan milestone, check,
resource allocation, area, area plan, area output. Serves 四（二）1–2; rules R05, R06.
"""
