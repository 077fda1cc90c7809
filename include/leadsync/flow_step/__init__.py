"""The flow step "Sync Person to Microsoft" as Marketo calls it: accept, answer, call back."""
