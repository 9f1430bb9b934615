"""Who may call the addresses of industry colleges that are no record type's."""

PLAIN = {"industry-college-heatmap": "industry_colleges.area_output:view"}
