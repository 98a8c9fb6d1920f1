using System.Text.Json;
using Ncn.Chain.Registry;
using Ncn.Chain.Tokens;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests.Validators;

/// <summary>Validators agree, check, pay and punish, and the operators' commands show it.</summary>
[Collection(ValidatedNetwork.Name)]
public sealed class ValidatorTests(ValidatedNetwork shared)
{
    [Fact]
    public async Task A_cheating_node_is_out_and_slashed_an_epoch_closes_and_who_worked_takes_the_rewards_out()
    {
        await using var cheat = await CheatingNode.StartAsync(shared);
        var honest = shared.AddressOf("node-1");
        await Poll.UntilAsync("the cheating node answers", async () => (int)(await shared.AskAsync(cheat.Address)).Status == 200);
        for (var asked = 0; asked < 3; asked++)
        {
            (await shared.AskAsync(cheat.Address)).IsOk();
            (await shared.AskAsync(honest)).IsOk();
        }

        // Clients' payments are claimed, and the protocol fee on them comes into the pool.
        await Operators.SendAsync(shared.Network, HttpMethod.Post, new Uri(shared.Network.App("chain-events").Address, "ncn/v1/settlement/run"));
        await shared.WorkUntilAsync("the cheating node is out of routing", async () => (int)(await shared.AskAsync(cheat.Address)).Status == 404);

        await shared.WorkUntilAsync("an epoch is closed on the chain and an honest node has earned", async () =>
            await shared.Consensus.ReadCurrentEpochAsync(ValidatedNetwork.Subnet) > 1 && await shared.EarnedAsync(honest) is { IsZero: false });
        Assert.Contains("of rewards went to", await shared.RunAsync("node", "withdraw", "1"), StringComparison.Ordinal);
        var paid = await PaidValidatorAsync();
        Assert.Contains("of rewards went to", await shared.RunAsync("validator", "withdraw", $"{paid}"), StringComparison.Ordinal);

        await shared.WorkUntilAsync("a penalty of the cheating node is open on the chain", async () => !(await shared.StakeAsync(SubnetRole.Node, cheat.Address)).Frozen.IsZero);
        var frozen = (await shared.StakeAsync(SubnetRole.Node, cheat.Address)).Frozen;
        await shared.AdvanceAsync(TimeSpan.FromDays(7));
        await shared.WorkUntilAsync("the penalty is executed", async () => (await shared.StakeAsync(SubnetRole.Node, cheat.Address)).Frozen.IsZero);
        Assert.Equal(CheatingNode.Stake - frozen, (await shared.StakeAsync(SubnetRole.Node, cheat.Address)).Bonded);
        Assert.True((await shared.StakeAsync(SubnetRole.Node, honest)) is { Frozen.IsZero: true, Bonded.IsZero: false });

        var ledger = await shared.LedgerAsync();
        Assert.Equal("slashed", StandingOf(ledger, cheat.Address).GetProperty("status").GetString());
        Assert.Contains(StandingOf(ledger, honest).GetProperty("status").GetString(), (string[])["new", "good"]);
        Assert.True(ledger.GetProperty("checkpoint").GetProperty("epoch").GetUInt64() >= 1);
        Assert.Contains("slashed, out of routing", (await shared.Network.CommandAsync("status")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_validator_that_lost_its_disk_signs_nothing_with_the_old_key_and_votes_again_with_a_new_one()
    {
        var (staker, old) = (shared.AddressOf("validator-4"), shared.AddressOf("consensus-validator-4"));
        using (shared.Network.Freeze("validator-4"))
        {
            Directory.Delete(Path.Combine(shared.Network.State, "apps", "validator-4"), recursive: true);
            foreach (var file in Directory.GetFiles(Path.Combine(shared.Network.State, "keys"), "consensus-validator-4*"))
            {
                File.Delete(file);
            }

            shared.Network.KillApp("validator-4");
        }

        // Three of four are more than two thirds.
        var height = (await shared.StatusAsync(1)).GetProperty("height").GetUInt64();
        await shared.WorkUntilAsync("the others go on", async () => (await shared.StatusAsync(1)).GetProperty("height").GetUInt64() > height + 4);

        await shared.RunAsync("validator", "replace-key", "4");
        var named = await shared.Consensus.ReadKeyAsync(ValidatedNetwork.Subnet, staker);
        Assert.Equal(shared.AddressOf("consensus-validator-4"), named);
        Assert.NotEqual(old, named);
        await shared.AdvanceAsync(TimeSpan.FromMinutes(10));
        await shared.WorkUntilAsync("the new key votes", async () => (await shared.StatusAsync(4)) is var status
            && status.GetProperty("state").GetString() == "voting" && Address.Parse(status.GetProperty("validator").GetString()!) == named);
        var behind = (await shared.LedgerAsync()).GetProperty("validators").EnumerateArray().Single(static validator => validator.GetProperty("appId").GetString() == "validator-4");
        Assert.Equal("voting", behind.GetProperty("state").GetString());

        // Nothing that the old key signed contradicts anything: the stake is whole.
        Assert.Equal(new TokenAmount(100_000_000), (await shared.StakeAsync(SubnetRole.Validator, staker)).Bonded);
    }

    [Fact]
    public async Task Validators_ask_as_clients_do_and_what_they_were_answered_is_checked_within_their_budget()
    {
        JsonElement[] probes = [];
        await shared.WorkUntilAsync("a validator's own request was paid and its receipt checked", async () =>
            (probes = [.. (await shared.LedgerAsync()).GetProperty("validators").EnumerateArray().Select(static validator => validator.GetProperty("probes"))])
                .Any(static own => own.ValueKind == JsonValueKind.Object && own.GetProperty("checked").GetUInt64() > 0 && Amount(own, "spentInAll") is { IsZero: false }));
        foreach (var own in probes.Where(static own => own.ValueKind == JsonValueKind.Object))
        {
            Assert.True(Amount(own, "left") <= Amount(own, "budget") && own.GetProperty("shown").GetUInt64() == 0, own.ToString());
        }

        // Nobody but the operator is told, and the money is a client's that nobody knows for a validator.
        Assert.Equal(401, (int)(await Web.GetAsync(new Uri(shared.Network.App("validator-1").Address, "ncn/v1/validator/probes"))).Status);
        var token = new TokenContract(shared.Chain, shared.Account.Settings.Token);
        var purses = await Task.WhenAll(Enumerable.Range(1, 4).SelectMany(static number => new[] { $"purse-validator-{number}-a", $"purse-validator-{number}-b" })
            .Select(async role => await token.ReadBalanceAsync(shared.AddressOf(role))));
        Assert.Contains(purses, purse => purse < purses.Max());
    }

    private static TokenAmount Amount(JsonElement own, string name) => TokenAmount.Parse(own.GetProperty(name).GetString()!);

    private async Task<int> PaidValidatorAsync()
    {
        for (var number = 1; number <= 4; number++)
        {
            if (await shared.EarnedAsync(shared.AddressOf($"validator-{number}")) is { IsZero: false })
            {
                return number;
            }
        }

        throw new InvalidOperationException("No validator has earned anything.");
    }

    private static JsonElement StandingOf(JsonElement ledger, Address node) => ledger.GetProperty("nodes").EnumerateArray().Select(static entry => entry.GetProperty("standing"))
        .Single(standing => Address.Parse(standing.GetProperty("node").GetString()!) == node);
}
