"""From applicant to employee, and what they bring along from another organisation."""
