"""Who may call the addresses of industry colleges that are no record type's."""

PLAIN = {
    "api:industry_college_heatmap": "industry_colleges.industry_college:view",
    "industry-college-heatmap": "industry_colleges.area_output:view",
}
