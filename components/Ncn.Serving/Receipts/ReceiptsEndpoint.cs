using System.Globalization;
using Microsoft.AspNetCore.Http;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Validators;

namespace Ncn.Serving.Receipts;

/// <summary>What validators read: a period's list in pages, and any receipt of it with its evidence.</summary>
public sealed class ReceiptsEndpoint(ReceiptArchive archive, ValidatorJudge judge, GatewayIdentity identity)
{
    /// <summary>A page of a list, from the index that <c>?from=</c> names on.</summary>
    public Task ListAsync(HttpContext http, string period) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var closed = await FindAsync(http, period);
        var from = Number(http.Request.Query["from"].FirstOrDefault() ?? "0", "from", uint.MaxValue);
        var (manifest, rows) = (closed.Manifest, closed.Rows);
        ReceiptLeaf[] leaves = [.. rows.Skip((int)Math.Min(from, (ulong)rows.Length)).Take(ReceiptPage.MaxLeaves).Select(static row => row.Leaf)];
        var page = new ReceiptPage(
            identity.Address, manifest.Period, manifest.Root, manifest.Count, manifest.Total, (uint)from, leaves,
            from == 0 ? ReceiptList.Fees(rows.Select(static row => row.Leaf)) : []);
        await http.Response.WriteAsJsonAsync(page, ProtocolJson.Options, http.RequestAborted);
    });

    /// <summary>A receipt with its evidence.</summary>
    public Task GetAsync(HttpContext http, string period, string index) => Edge.RunAsync(http, ProblemAnswer.WriteAsync, async () =>
    {
        var closed = await FindAsync(http, period);
        var place = Number(index, "index", uint.MaxValue);
        if (place >= closed.Manifest.Count)
        {
            throw new ApiException(new ApiError(404, "receipt_unknown", $"Period {period} has {closed.Manifest.Count} receipts, counted from 0; there is no {place}.", "index"));
        }

        var evidence = await archive.EvidenceAsync(closed, (uint)place, http.RequestAborted)
            ?? throw new ApiException(new ApiError(404, "receipt_gone", $"The evidence of receipt {place} of period {period} is not kept here any more."));
        await http.Response.WriteAsJsonAsync(evidence, ProtocolJson.Options, http.RequestAborted);
    });

    private async Task<ClosedPeriod> FindAsync(HttpContext http, string period)
    {
        var number = Number(period, "period", ulong.MaxValue);
        await judge.RequireAsync(http, number);
        return await archive.FindAsync(number, http.RequestAborted)
            ?? throw new ApiException(new ApiError(404, "period_unknown", $"Period {number} has no list here: it is not over, had no receipts, or is not kept any more.", "period"));
    }

    private static ulong Number(string text, string name, ulong most) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most
            ? number
            : throw new ApiException(ApiError.BadRequest("invalid_value", $"{name} must be a whole number from 0 to {most}.", name));
}
