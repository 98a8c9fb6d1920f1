using System.Text.Json;
using Ncn.Cli.Network;
using Ncn.Cli.Using;
using Ncn.Protocol;
using Spectre.Console;

namespace Ncn.Cli.Demo;

/// <summary>The gateway claims the client's vouchers on the chain, and each node claims the gateway's.</summary>
internal static class SettlementAct
{
    public static async Task PlayAsync(DemoSession session, CancellationToken cancellation)
    {
        DemoSession.Title("Settlement on the chain");
        foreach (var (who, claims) in await SettleAsync(session, cancellation))
        {
            AnsiConsole.MarkupLine(claims.Count == 0 ? $"{who} has nothing to claim" : string.Join('\n', claims.Select(claim =>
                $"{who} claimed [bold]{Dollars.Of(claim.Amount)}[/] [grey]in transaction {claim.Transaction}[/]")));
        }
    }

    /// <summary>Claims and settles everything that is owed now, to the gateway and to each node.</summary>
    public static async Task<IReadOnlyList<(string Who, IReadOnlyList<Claim> Claims)>> SettleAsync(DemoSession session, CancellationToken cancellation)
    {
        var report = RuntimeReport.Read(session.State)!;
        var settled = new List<(string, IReadOnlyList<Claim>)>();
        foreach (var app in report.Apps.Where(app => app.AppId == "chain-events"))
        {
            settled.Add(("the gateway", await RunAsync(session, "The gateway", new Uri(app.Address, "ncn/v1/settlement/run"), cancellation)));
        }

        foreach (var worker in report.Workers)
        {
            settled.Add((worker.AppId, await RunAsync(session, worker.AppId, new Uri(worker.Address, "ncn/v1/node/claim"), cancellation)));
        }

        return settled;
    }

    private static async Task<IReadOnlyList<Claim>> RunAsync(DemoSession session, string who, Uri endpoint, CancellationToken cancellation)
    {
        using var answer = await session.Operator.PostAsync(endpoint, null, cancellation);
        var body = await answer.Content.ReadAsStringAsync(cancellation);
        if (!answer.IsSuccessStatusCode)
        {
            throw new CliException($"{who} could not settle ({(int)answer.StatusCode}): {body}");
        }

        return JsonSerializer.Deserialize<Settlement>(body, ProtocolJson.Options)!.Claims;
    }

    private sealed record Settlement(IReadOnlyList<Claim> Claims);

    internal sealed record Claim(Hash32 Transaction, TokenAmount Amount);
}
