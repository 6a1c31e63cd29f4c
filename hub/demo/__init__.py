"""The demonstration: a hub, and around it a simulated hospital, school, Alipay, UnionPay, platform and insurer."""
