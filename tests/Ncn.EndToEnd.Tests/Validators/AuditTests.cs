using System.Text.Json;
using Ncn.Chain.Registry;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests.Validators;

/// <summary>A client doubts answers, by its own commands: all validators run them again, and the loser pays.</summary>
[Collection(ValidatedNetwork.Name)]
public sealed class AuditTests(ValidatedNetwork shared) : IDisposable
{
    private readonly string receipts = Directory.CreateTempSubdirectory("ncn-receipts-").FullName;
    private TokenAmount paid = TokenAmount.Zero;

    private Address Honest => shared.AddressOf("node-1");

    public void Dispose() => Directory.Delete(receipts, recursive: true);

    [Fact]
    public async Task Who_doubts_an_honest_answer_loses_the_bond_and_who_doubts_a_cheat_s_gets_it_back()
    {
        var before = await shared.Account.ReadSettledAsync();
        await using var cheat = await CheatingNode.StartAsync(shared);
        var wrong = await Poll.ForAsync<Answer>("the cheating node answers", async () => await AskAsync(cheat.Address) is { Status: System.Net.HttpStatusCode.OK } answer ? answer : null);
        var right = (await AskAsync(Honest)).IsOk();

        var (lost, won) = (await OpenAsync("right", right), await OpenAsync("wrong", wrong));
        await UntilAsync("both audits are decided", async () => !IsOpen(await ReadAsync(lost)) && !IsOpen(await ReadAsync(won)));

        Assert.Equal(("passed", "failed"), (Text(await ReadAsync(lost), "status"), Text(await ReadAsync(won), "status")));
        Assert.Contains("is charged", await shared.RunAsync("audit", "show", lost), StringComparison.Ordinal);
        Assert.Contains($"failed: node {cheat.Address} did not do what it says; the bond is free again", await shared.RunAsync("audit", "show", won), StringComparison.Ordinal);

        // The one bond is all that the client has paid beside its answers.
        Assert.Equal(before + paid + TokenAmount.Parse(Text(await ReadAsync(lost), "bond")), await shared.Account.ReadSettledAsync());

        var price = TokenAmount.Parse(wrong.Json.GetProperty("ncn").GetProperty("receipt").GetProperty("message").GetProperty("price").GetString()!);
        var penalty = TokenAmount.Parse(Text(await ReadAsync(won), "bond")) + price;
        await UntilAsync("the ledger has the loser's penalty, bond and price", async () => (await Web.GetJsonAsync(new Uri(shared.Network.App("validator-1").Address, "ncn/v1/ledger/penalties")))
            .EnumerateArray().Any(entry => Address.Parse(Text(entry, "operator")) == cheat.Address && TokenAmount.Parse(Text(entry, "amount")) == penalty));
        await UntilAsync("a penalty of the loser is open on the chain", async () => (await shared.StakeAsync(SubnetRole.Node, cheat.Address)).Frozen >= penalty);
        Assert.True((await shared.StakeAsync(SubnetRole.Node, Honest)) is { Frozen.IsZero: true, Bonded.IsZero: false });
        await UntilAsync("the loser is out of routing", async () => (int)(await AskAsync(cheat.Address)).Status == 404);
    }

    // A receipt can be doubted once the list is closed that it is in: seconds later.
    private async Task<string> OpenAsync(string name, Answer answer)
    {
        var file = Path.Combine(receipts, name + ".json");
        await File.WriteAllTextAsync(file, answer.Body);
        var printed = await Poll.ForAsync<string>("the receipt is listed", async () =>
            await shared.Network.CommandAsync("audit", "open", file) is var command && command.ExitCode != 0 && command.Errors.Contains("no closed list yet", StringComparison.Ordinal)
                ? null : command.Succeeded());
        return printed.Split(' ')[1];
    }

    private Task<JsonElement> ReadAsync(string audit) => Web.GetJsonAsync(new Uri(shared.Network.Text, $"ncn/v1/audits/{audit}"));

    private Task UntilAsync(string condition, Func<Task<bool>> holds) => Poll.UntilAsync(condition, async () =>
    {
        (await AskAsync(Honest)).IsOk();
        return await holds();
    });

    private async Task<Answer> AskAsync(Address node)
    {
        var answer = await shared.AskAsync(node);
        paid += (int)answer.Status == 200 ? TokenAmount.Parse(answer.Json.GetProperty("ncn").GetProperty("cost").GetString()!) : TokenAmount.Zero;
        return answer;
    }

    private static bool IsOpen(JsonElement audit) => Text(audit, "status") is "pending" or "open";

    private static string Text(JsonElement audit, string name) => audit.GetProperty(name).GetString()!;
}
