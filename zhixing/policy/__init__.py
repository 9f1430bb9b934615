"""Policy: the document as data, the rules that count facts, the standings that show their rows.

Packs (``packs/*.yaml``) hold clauses, duties and rules; every rule names one measure of a domain. A standing is rule ×
unit × period, and its value is computed from the very rows it shows.

Serves the whole of 教务〔2023〕89号, clause by clause.
"""
