"""Agreements (协议): what school and partners have promised each other, from draft to end.

Record types: AgreementKind and Template (what kinds there are and how they are worded), Agreement with AgreementParty,
Obligation and AgreementDocument, and for signing SignatureRequest, Signature and SigningCode.

Clauses 四（一）2 (lasting mechanism with associations), 四（二）, 四（三）, 四（四）, 四（五）, 四（六）; duty D-17;
职业学校校企合作促进办法 art. 6 and 8; 职业学校学生实习管理规定 art. 14–16.
"""
