# Vault agent: authenticates the workstation, renews, and hands short-lived credentials to processes.
vault {
  address = "https://vault.corp.example:8200"
}
auto_auth {
  method "cert" {
    config = { name = "workstation" }
  }
}
