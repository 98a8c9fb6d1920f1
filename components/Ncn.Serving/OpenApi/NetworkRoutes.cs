namespace Ncn.Serving.OpenApi;

/// <summary>What payers, nodes, facilitators' clients and operators call.</summary>
internal static class NetworkRoutes
{
    public static IReadOnlyList<ApiRoute> All { get; } =
    [
        Get("/ncn/v1/channels/{id}", "GetChannel", "Payers", "A channel's books, to its payer") with { Response = "ChannelAccount" },
        Post("/ncn/v1/channels/{id}/statement", "StateChannel", "Payers", "A signed statement of what a channel was charged") with { Request = "StatementCall", Response = "Signed" },
        Post("/ncn/v1/channels/{id}/policy", "SetSpendPolicy", "Payers", "What a channel's key may spend, as its payer signed it") with { Request = "SpendPolicyCall", Response = "Signed" },
        Get("/ncn/v1/channels/{id}/forecast", "ForecastChannel", "Payers", "What a channel costs a day and how long it lasts, to its payer") with { Response = "ChannelForecast" },
        Post("/v1/quote", "Quote", "Payers", "What a request may cost at most and will probably cost, signed") with { Request = "QuoteRequest", Response = "Quote", Errors = ErrorShape.OpenAi },
        Post("/verify", "VerifyPayment", "Facilitator", "Checks an x402 payment to this operator") with { Request = "FacilitatorCall", Response = "Verification" },
        Post("/settle", "SettlePayment", "Facilitator", "Settles an x402 payment to this operator") with { Request = "FacilitatorCall", Response = "Settlement" },
        Get("/supported", "SupportedPayments", "Facilitator", "The schemes and networks that are taken") with { Response = "SupportedPayments" },
        Get("/discovery/resources", "DiscoverResources", "Facilitator", "What can be paid for here") with { Response = "Resources" },
        Get("/ncn/v1/subnet", "Subnet", "Nodes", "What a node must know to join, and the subnet's rules") with { Response = "Subnet" },
        Post("/ncn/v1/subnet/policy", "PublishPolicy", "Nodes", "Anybody brings the policy document whose hash the chain names") with { Request = "Policy", Response = "PolicyResult" },
        Get("/ncn/v1/nodes", "ListNodes", "Nodes", "The subnet's nodes, as the gateway routes by them") with { Response = "NodeList" },
        Post("/ncn/v1/nodes/join", "JoinNode", "Nodes", "A node joins, or renews its record") with { Request = "Signed", Response = "NodeResult" },
        Post("/ncn/v1/nodes/heartbeat", "NodeHeartbeat", "Nodes", "A node tells its load") with { Request = "Signed", Response = "NodeResult" },
        Post("/ncn/v1/nodes/leave", "NodeLeave", "Nodes", "A node leaves") with { Request = "Signed", Response = "NodeResult" },
        Post("/ncn/v1/nodes/receipt", "NodeReceipt", "Nodes", "A node proves a running total that the gateway missed") with { Request = "Signed", Response = "ReceiptResult" },
        Post("/ncn/v1/jobs/{id}/accept", "AcceptJob", "Nodes", "A node takes a job of the queue") with { Request = "Signed", Response = "AcceptedJob" },
        Post("/ncn/v1/jobs/{id}/renew", "RenewJob", "Nodes", "A node that runs a job renews its lease") with { Request = "Signed", Response = "RenewedLease" },
        Post("/ncn/v1/jobs/{id}/decline", "DeclineJob", "Nodes", "A node gives a job back, for another to run") with { Request = "Signed", Response = "Object" },
        Post("/ncn/v1/jobs/{id}/result", "DeliverJob", "Nodes", "A node delivers a job's answer") with { Request = "JobResult", Response = "Object" },
        Post("/ncn/v1/jobs/{id}/reject", "RejectJob", "Nodes", "A node says that a job can never run") with { Request = "JobRejection", Response = "Object" },
        Get("/ncn/v1/receipts/{period}", "ListReceipts", "Validators", "The receipts of a period, in the committed order; for validators of the current set") with { Response = "ReceiptPage" },
        Get("/ncn/v1/receipts/{period}/{index}", "GetReceipt", "Validators", "A receipt with all that re-running its answer needs; for validators of the current set") with { Response = "ReceiptEvidence" },
        Post("/ncn/v1/audits", "OpenAudit", "Validators", "A client has one response run again by all validators; the payment is the bond, which the loser pays") with { Request = "AuditWish", Response = "Audit", IsPaid = true },
        Get("/ncn/v1/audits/{id}", "GetAudit", "Validators", "An audit, by the digest of its receipt") with { Response = "Audit" },
        Get("/healthz", "Healthz", "Operations", "The process answers") with { ResponseType = "text/plain" },
        Get("/readyz", "Readyz", "Operations", "The gateway can serve: registry and chain are reached") with { ResponseType = "text/plain" },
        Get("/metrics", "Metrics", "Operations", "Numbers in the Prometheus text format; for this machine unless it is opened") with { ResponseType = "text/plain" },
        Get("/openapi.json", "OpenApi", "Operations", "This document") with { Response = "Object" },
    ];

    private static ApiRoute Get(string path, string operation, string tag, string summary) => new("GET", path, operation, tag, summary);

    private static ApiRoute Post(string path, string operation, string tag, string summary) => Get(path, operation, tag, summary) with { Method = "POST" };
}
