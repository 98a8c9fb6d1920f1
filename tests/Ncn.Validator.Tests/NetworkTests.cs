using System.Net;
using System.Text.Json;
using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Tests.Escrow;
using Ncn.Tests.Vault;
using Ncn.Validator.Api;
using Ncn.Validator.Tests.Support;

namespace Ncn.Validator.Tests;

/// <summary>Four apps, the direct transport and a real chain: from the first snapshot to closed epochs, a slashed validator and a wiped one.</summary>
public sealed class NetworkTests(LocalChain local) : IClassFixture<LocalChain>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly string _folder = Directory.CreateTempSubdirectory("validator-apps-").FullName;

    [Fact]
    public async Task Epochs_close_on_the_chain_an_equivocation_is_slashed_and_a_wiped_validator_returns_with_a_new_key()
    {
        var subnet = await ValidatorSubnet.CreateAsync(local, _folder);
        await using var vault = await TestVault.StartAsync();
        var apps = new List<ValidatorApp>();
        foreach (var validator in subnet.Operators)
        {
            apps.Add(apps.Count == 1 ? await subnet.StartFromVaultAsync(validator, vault) : await subnet.StartAsync(validator));
        }

        ValidatorApp.Introduce([.. apps]);
        await UntilAsync(async () => await AllAsync(apps, static status => status.State == "voting"), "all vote, on a snapshot that they took", apps);
        await PostAndRefuseAsync(apps[0], apps[3]);
        await UntilAsync(async () => (await subnet.Contract.ReadCheckpointAsync(subnet.Id, 1))?.Height == 8 && await subnet.Contract.ReadCurrentEpochAsync(subnet.Id) >= 2, "the first epoch closes on the chain", apps);
        await AskAgainAsync(apps[1]);
        Assert.All(apps, static app => Assert.Equal(200u, app.Host.Engine!.Status.Ledger.PolicyFloor())); // the subnet's, of basis points

        await SlashAsync(subnet, apps);
        await ReturnAsync(subnet, apps);
        foreach (var app in apps)
        {
            await app.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    // Taken by one, in the ledger of another; anything else is a problem in words.
    private async Task PostAndRefuseAsync(ValidatorApp to, ValidatorApp other)
    {
        using var node = Sample.Signer(77);
        var operation = SignedOperation.Message(new Operation.AnnounceNode(node.Address, 1, Sample.Word(5)));
        var signature = node.Sign(operation, local.Settings.NetworkDomain).Signature;
        using var taken = await to.PostAsync(new { operation.Kind, operation.Content, signature });
        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
        await UntilAsync(async () => await Task.FromResult(other.Host.Engine!.Status.Ledger.RecordOf(node.Address) == Sample.Word(5)), "the node is in the ledger", [to, other]);

        using var later = await to.PostAsync(new { operation.Kind, operation.Content, signature }, "wait=0");
        Assert.Equal(HttpStatusCode.Accepted, later.StatusCode);
        var second = SignedOperation.Message(new Operation.AnnounceNode(node.Address, 2, Sample.Word(6)));
        using var final = await to.PostAsync(new { second.Kind, second.Content, node.Sign(second, local.Settings.NetworkDomain).Signature }, "wait=60");
        Assert.Equal(HttpStatusCode.OK, final.StatusCode);

        using var stranger = Sample.Signer(78);
        using var foreign = await to.PostAsync(new { operation.Kind, operation.Content, Signature = stranger.Sign(operation, local.Settings.NetworkDomain).Signature });
        Assert.Equal(HttpStatusCode.UnprocessableEntity, foreign.StatusCode);
        using var malformed = await to.PostAsync(new { kind = 1, content = "0x00", signature });
        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (malformed.StatusCode, malformed.Content.Headers.ContentType!.MediaType));
    }

    // Who has what is said now is told so, whatever the height is.
    private static async Task AskAgainAsync(ValidatorApp app)
    {
        using var first = await app.GetAsync("/ncn/v1/ledger/standing");
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using var again = await app.GetAsync("/ncn/v1/ledger/standing", first.Headers.ETag!.ToString());
        var epoch = JsonSerializer.Deserialize<LedgerStanding>(await first.Content.ReadAsStringAsync(), ProtocolJson.Strict)!.Epoch;
        Assert.True(again.StatusCode == HttpStatusCode.NotModified || app.Host.Engine!.Status.Epoch.Number > epoch, $"{again.StatusCode}");
        using var other = await app.GetAsync("/ncn/v1/ledger/standing", "\"0x00\"");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    // Somebody signs two blocks of one view with a validator's key.
    private async Task SlashAsync(ValidatorSubnet subnet, List<ValidatorApp> apps)
    {
        var host = apps[0].Host;
        var epoch = host.Engine!.Status.Epoch;
        using var key = Ncn.Hosting.KeyFile.Load(subnet.Operators[2].KeyFile);
        var domain = Eip712Domain.Consensus(local.Settings.ChainId, local.Settings.ValidatorRegistry, epoch.Network);
        var place = epoch.Set.IndexOf(key.Address)!.Value;
        var view = host.Engine.Status.View + 2;
        foreach (var block in new ulong[] { 1, 2 })
        {
            var vote = key.Sign(new Vote(VoteKind.Notarize, epoch.Number, view, Sample.Word(block)), domain);
            host.Engine.Receive(key.Address, new Consensus.Wire.WireMessage.Ballot(new Consensus.Wire.ClaimedVote(vote.Message, place, vote.Signature)));
        }

        var registry = new ValidatorRegistryContract(local.Minter.Chain);
        await UntilAsync(async () => (await registry.ReadStakeAsync(subnet.Id, SubnetRole.Validator, subnet.Operators[2].Party.Address)).Bonded.Units == 0, "the stake is taken", apps);
    }

    // The guard is gone: its key is refused, and a new key votes from the next set on. The rows stay, of an epoch that the others leave.
    private async Task ReturnAsync(ValidatorSubnet subnet, List<ValidatorApp> apps)
    {
        var lost = subnet.Operators[2];
        await apps[2].DisposeAsync();
        File.Delete(lost.KeyFile + ".guard");
        await using (var refused = await subnet.StartAsync(lost))
        {
            await UntilAsync(async () => (await refused.StatusAsync()).Problem?.Contains("is missing", StringComparison.Ordinal) == true, "the key without a guard is refused", []);
        }

        subnet.Operators[2] = await subnet.NewOperatorAsync(7); // its stake is gone, so it begins anew
        Directory.Move(lost.Folder, subnet.Operators[2].Folder);
        await new Forknet(local.Minter.Chain).AdvanceTimeAsync(601);
        apps[2] = await subnet.StartAsync(subnet.Operators[2]);
        ValidatorApp.Introduce([.. apps]);
        await UntilAsync(async () => await AllAsync(apps, static status => status.State == "voting"), "the new key votes", apps);
    }

    private static async Task<bool> AllAsync(IEnumerable<ValidatorApp> apps, Func<ValidatorStatus, bool> isSo)
    {
        foreach (var app in apps)
        {
            if (!isSo(await app.StatusAsync()))
            {
                return false;
            }
        }

        return true;
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo, string what, IEnumerable<ValidatorApp> apps)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var begun = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(begun) > Patience)
            {
                var all = await Task.WhenAll(apps.Select(static app => app.StatusAsync()));
                Assert.Fail($"Not within {Patience}: {what}. {string.Join("; ", all.Select(static status => $"{status.State} {status.Epoch}/{status.View} height {status.Height}, chain {status.ChainEpoch}/{status.CheckpointHeight}, {status.Connected} connected, {status.Problem}"))}");
            }

            await pause.WaitForNextTickAsync();
        }
    }
}
