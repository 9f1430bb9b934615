"""Partners: who the college works with, how it stays in touch, and what they need.

Record types: organisation (with former names, tags and contacts), industry link, activity, opportunity, need,
government policy, support grant, demand survey, technology note.
Serves 二（二）, 二（三）, 三（一）, 四（一）1–2, 五（一）; rules R01, R02, R28.
"""
