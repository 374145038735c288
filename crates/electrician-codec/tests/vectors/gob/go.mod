module gobvectors

go 1.21
