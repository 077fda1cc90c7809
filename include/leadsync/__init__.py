"""leadsync: two-way synchronisation of people between Marketo Engage and Microsoft Dynamics 365."""
