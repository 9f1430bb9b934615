"""Policy (制度与达标): packs, clauses, duties, rules with versions, standings with evidence, waivers, yearly closes.

The policy is data; a rule counts facts; its evidence is the very rows it counted.
Serves every clause of 教务〔2023〕89号.
"""
