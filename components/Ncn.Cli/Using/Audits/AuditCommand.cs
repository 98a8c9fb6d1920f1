using System.CommandLine;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Ncn.Cli.Network;
using Ncn.Protocol;

namespace Ncn.Cli.Using.Audits;

/// <summary><c>audit</c>: a client doubts one answer, and has all validators run it again for a bond; the loser pays.</summary>
internal static class AuditCommand
{
    public static Command Create() => new("audit", "Doubt an answer: for a bond, all validators run it again, and the loser pays.") { Open(), Show() };

    private static Command Open()
    {
        var (state, subnet) = (NetworkOptions.State(), Subnet());
        var file = new Argument<string>("receipt") { Description = "The answer's receipt: a file that chat --receipt FILE wrote, or an answer with its member ncn." };
        var most = new Option<string>("--most") { Description = "The largest bond to put up, dollars.", DefaultValueFactory = _ => "1" };
        var command = new Command("open", "Put up a bond and have the answer behind a receipt run again by all validators.") { file, most, subnet, state };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (folder, receipt) = (StateFolder.Choose(parsed.GetValue(state)), ReceiptFile.Read(parsed.GetValue(file)!));
            using var wallet = new ClientWallet(folder, SpendingLimits.Local with { PerRequest = Dollars.Require(parsed.GetValue(most)) });
            using var gateway = wallet.HttpFor(RunningNetwork.Gateway(folder, parsed.GetValue(subnet)));
            using var answer = await gateway.PostAsJsonAsync("ncn/v1/audits", new { receipt }, ProtocolJson.Options, cancellation);
            var audit = await ReadAsync(answer, cancellation);
            Console.WriteLine($"audit {audit.Id} is {audit.Status}: {Dollars.Of(audit.Bond)} are held until the validators have decided");
            Console.WriteLine($"look at it: ./ncn audit show {audit.Id}");
            return 0;
        });
        return command;
    }

    private static Command Show()
    {
        var (state, subnet) = (NetworkOptions.State(), Subnet());
        var id = new Argument<string>("audit") { Description = "Its id, as audit open printed it, or the receipt's file." };
        var command = new Command("show", "Show how an audit stands.") { id, subnet, state };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = StateFolder.Choose(parsed.GetValue(state));
            var text = parsed.GetValue(id)!;
            var named = Hash32.TryParse(text, out var hash) ? hash
                : File.Exists(text) ? ReceiptFile.Read(text).Message.StructHash()
                : throw new CliException($"'{text}' is no audit: give the id (0x and 64 hex digits) that audit open printed, or the receipt's file.");
            using var http = new HttpClient { BaseAddress = RunningNetwork.Gateway(folder, parsed.GetValue(subnet)), Timeout = TimeSpan.FromSeconds(10) };
            using var answer = await http.GetAsync(new Uri($"ncn/v1/audits/{named}", UriKind.Relative), cancellation);
            Console.WriteLine(Describe(await ReadAsync(answer, cancellation)));
            return 0;
        });
        return command;
    }

    private static Option<string?> Subnet() => new("--subnet") { Description = "The name of the subnet whose gateway answered; default the first." };

    private static string Describe(AuditView audit) => audit.Status switch
    {
        "passed" => $"passed: the answer of node {audit.Node} is what it says, and the bond of {Dollars.Of(audit.Bond)} is charged",
        "failed" => $"failed: node {audit.Node} did not do what it says; the bond is free again, and the price comes back out of its stake among the rewards",
        "undecided" => $"undecided: no two thirds of the stake agreed; the bond of {Dollars.Of(audit.Bond)} is free again",
        "expired" => $"expired: nobody decided in time; the bond of {Dollars.Of(audit.Bond)} is free again",
        _ => string.Create(CultureInfo.InvariantCulture, $"{audit.Status}: {Dollars.Of(audit.Bond)} are held, at the longest until {DateTimeOffset.FromUnixTimeMilliseconds((long)audit.ExpiresAt):u}"),
    };

    private static async Task<AuditView> ReadAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var body = await answer.Content.ReadAsByteArrayAsync(cancellation);
        try
        {
            return answer.IsSuccessStatusCode
                ? JsonSerializer.Deserialize<AuditView>(body, ProtocolJson.Options) ?? throw new JsonException("it is null")
                : throw new CliException($"The gateway refused ({(int)answer.StatusCode}): {Problem(body)}");
        }
        catch (JsonException unreadable)
        {
            throw new CliException($"The gateway's answer is no audit: {unreadable.Message}");
        }
    }

    private static string Problem(byte[] body) => JsonSerializer.Deserialize<ProblemView>(body, ProtocolJson.Options) is { } problem
        ? problem.Detail ?? problem.Title ?? "it does not say why" : "it does not say why";

    private sealed record AuditView(Hash32 Id, string Status, Address Node, TokenAmount Bond, ulong ExpiresAt);

    private sealed record ProblemView(string? Title, string? Detail);
}
