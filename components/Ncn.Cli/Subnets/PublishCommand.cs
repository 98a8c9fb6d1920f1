using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json;
using Ncn.Cli.Network;
using Ncn.Coordination.Subnets.Policies;

namespace Ncn.Cli.Subnets;

/// <summary><c>subnet publish</c>: brings a gateway the document whose hash the chain names. Anybody may; nothing is signed or sent to the chain.</summary>
internal static class PublishCommand
{
    private const int MaxAnswerBytes = 2 * PolicyReader.MaxBytes;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static Command Create()
    {
        var (id, state) = (SubnetCommand.Id(), NetworkOptions.State());
        var policy = new Option<string>("--policy") { Description = "The file with the policy document.", Required = true };
        var gateway = new Option<string?>("--gateway") { Description = "The address of a gateway of the subnet. Default: those of the local network." };
        var command = new Command("publish", "Bring a gateway the policy document whose hash the chain names.") { id, policy, gateway, state };
        command.SetAction(async (parsed, cancellation) =>
        {
            var document = PolicyFile.Read(parsed.GetValue(policy)!);
            using var http = new HttpClient { Timeout = Patience, MaxResponseContentBufferSize = MaxAnswerBytes };
            var found = await FindAsync(http, parsed.GetValue(id), GatewaysOf(parsed.GetValue(gateway), parsed.GetValue(state)), cancellation);
            Console.WriteLine($"{document.Hash()}: {await SendAsync(http, found, document, cancellation)}");
            return 0;
        });
        return command;
    }

    private static Uri[] GatewaysOf(string? given, string? state)
    {
        if (given is null)
        {
            var folder = StateFolder.Choose(state);
            return NetworkLauncher.Running(folder) is not null && RuntimeReport.Read(folder) is { } report
                ? [.. report.Gateways.Select(static gateway => gateway.Address)]
                : throw new CliException("The network is not running. Start it with ./ncn up, or name a gateway with --gateway. Nothing was sent.");
        }

        return Uri.TryCreate(given.TrimEnd('/') + "/", UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? [url]
            : throw new CliException($"--gateway is '{given}'; it must be an http or https address. Nothing was sent.");
    }

    private static async Task<Uri> FindAsync(HttpClient http, uint subnet, Uri[] gateways, CancellationToken cancellation)
    {
        var others = new List<string>();
        foreach (var gateway in gateways)
        {
            var described = await AskAsync(gateway, http.GetAsync(new Uri(gateway, "ncn/v1/subnet"), cancellation), cancellation);
            if (described.TryGetProperty("subnet", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetUInt32(out var serves))
            {
                if (serves == subnet)
                {
                    return gateway;
                }

                others.Add($"{gateway} serves subnet {serves}");
            }
        }

        throw new CliException($"No gateway of subnet {subnet} was found: {(others.Count == 0 ? "none said which one it serves" : string.Join(", ", others))}. Name one with --gateway. Nothing was sent.");
    }

    private static async Task<string> SendAsync(HttpClient http, Uri gateway, PolicyDocument document, CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(document.Canonical());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var answer = await AskAsync(gateway, http.PostAsync(new Uri(gateway, "ncn/v1/subnet/policy"), content, cancellation), cancellation);
        return answer.TryGetProperty("accepted", out var accepted) && accepted.ValueKind == JsonValueKind.True
            ? TextOf(answer, "reason") ?? "The gateway has taken it."
            : throw new CliException($"The gateway {gateway} did not take the policy {document.Hash()}: {TextOf(answer, "detail") ?? answer.GetRawText()}");
    }

    private static string? TextOf(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    // What it refuses has a status of its own and says why, so the body counts.
    private static async Task<JsonElement> AskAsync(Uri gateway, Task<HttpResponseMessage> sent, CancellationToken cancellation)
    {
        try
        {
            using var response = await sent;
            using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellation));
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? json.RootElement.Clone()
                : throw new CliException($"What answers at {gateway} is no gateway of NCN.");
        }
        catch (JsonException)
        {
            throw new CliException($"What answers at {gateway} is no gateway of NCN.");
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException || (unreachable is TaskCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new CliException($"The gateway {gateway} could not be reached: {unreachable.Message}");
        }
    }
}
