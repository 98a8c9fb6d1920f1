using Microsoft.AspNetCore.Http;
using Ncn.Protocol;
using Ncn.Serving.Calls;
using Ncn.Serving.Hosting;
using Ncn.Serving.Nodes;

namespace Ncn.Serving.Audits;

/// <summary>What a client asks: that one response be run again by all validators. The bond is a payment like any other; without one the answer is 402 and says how much.</summary>
public sealed class AuditsEndpoint(AuditDesk desk)
{
    private const int MaxBodyBytes = 16 * 1024;

    public Task OpenAsync(HttpContext http) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var wish = await NodesEndpoint.ReadAsync<AuditWish>(http, MaxBodyBytes);
        var audit = wish.Receipt.Message is null
            ? throw new ApiException(ApiError.BadRequest("invalid_receipt", "The receipt has no message; send {receipt: {message, signature}} as the answer had it.", "receipt"))
            : await desk.OpenAsync(HttpCalls.Read(http), wish.Receipt);
        await http.Response.WriteAsJsonAsync(audit.View(), ProtocolJson.Options, http.RequestAborted);
    });

    public Task GetAsync(HttpContext http, string id) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var audit = Hash32.TryParse(id, out var receipt) ? await desk.FindAsync(receipt, http.RequestAborted) : null;
        await http.Response.WriteAsJsonAsync(
            audit?.View() ?? throw new ApiException(new ApiError(404, "audit_unknown", $"There is no audit {id}; its id is the digest of a receipt.", "id")), ProtocolJson.Options, http.RequestAborted);
    });

    private sealed record AuditWish(Signed<Receipt> Receipt);
}
