using System.CommandLine;
using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Chain.Tokens;
using Ncn.Cli;
using Ncn.Cli.Keys;
using Ncn.Cli.Network;
using Ncn.Cli.Node;
using Ncn.Cli.Provisioning;
using Ncn.Cli.Staking;
using Ncn.Cli.Validators;
using Ncn.Protocol;
using Ncn.Tests.Anvil;

namespace Ncn.Client.Tests.Cli;

/// <summary>A provisioned chain with two nodes and four validators.</summary>
public sealed class ValidatedChain : IAsyncLifetime, IDisposable
{
    private readonly AnvilNode anvil = new();

    internal StateFolder State { get; } = new(Directory.CreateTempSubdirectory().FullName);

    internal string Rpc => anvil.Url;

    public Task InitializeAsync()
    {
        Repository.RunNode("contracts/script/export.mjs");
        return ProvisionAsync(workers: 2);
    }

    public Task DisposeAsync()
    {
        Directory.Delete(State.Path, recursive: true);
        return Task.CompletedTask;
    }

    public void Dispose() => anvil.Dispose();

    internal Task ProvisionAsync(int workers) =>
        new Provisioner(new ProvisionRequest(State, new Uri(Rpc), workers, FreeOfCharge: false, Validators: 4), static _ => { }).RunAsync(default);
}

/// <summary>./ncn validator … and ./ncn node … on a real chain with four validators, whose part the tests play. The third's key and the second node's stake change.</summary>
public sealed class ValidatorCommandTests(ValidatedChain shared) : IClassFixture<ValidatedChain>, IDisposable
{
    private static readonly SubnetId Text = new(1);
    private readonly StateFolder state = shared.State;
    private readonly ChainConnection chain = new(NetworkSettings.Read(shared.State).ToChain());

    public void Dispose() => chain.Dispose();

    [Fact]
    public async Task Four_validators_have_stakes_keys_seats_and_an_open_epoch_and_a_second_start_changes_nothing()
    {
        var consensus = new ConsensusContract(chain);
        var snapshot = await consensus.ReadSnapshotAsync(Text, 1);
        Assert.Equal(1UL, await consensus.ReadCurrentEpochAsync(Text));
        Assert.Equal(4, snapshot.Voters.Length);
        Assert.Subset(snapshot.Voters.Select(static voter => voter.Key).ToHashSet(), Voters().ToHashSet());
        Assert.All(snapshot.Voters, static voter => Assert.Equal(LocalMoney.ValidatorStake, voter.Weight));
        Assert.All(Enumerable.Range(1, 4), number =>
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(state.KeyFile(KeyFiles.Consensus(number))));
            Assert.True(File.Exists(state.KeyFile(KeyFiles.Consensus(number)) + ".new"));
        });

        await shared.ProvisionAsync(workers: 1);
        var (block, settings) = (await chain.ReadBlockNumberAsync(), NetworkSettings.Read(state));
        Assert.Equal(8, settings.ReRunsFor.Split(',').Distinct().Count());
        await shared.ProvisionAsync(workers: 1);
        Assert.Equal((block, settings), (await chain.ReadBlockNumberAsync(), NetworkSettings.Read(state)));
    }

    [Theory]
    [InlineData("3", false)]
    [InlineData("17", false)]
    [InlineData("-1", false)]
    [InlineData("0", true)]
    [InlineData("4", true)]
    [InlineData("16", true)]
    public void A_number_that_cannot_agree_or_run_is_refused(string number, bool isTaken)
    {
        var parsed = UpCommand.Create().Parse(["--validators", number]);
        Assert.Equal(isTaken, parsed.Errors.Count == 0);
        Assert.All(parsed.Errors, static error => Assert.Contains("4 to 16", error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rewards_are_paid_by_a_proof_under_the_chains_root_and_by_no_other()
    {
        var (node, validator) = (AddressOf(KeyFiles.Node(1)), AddressOf(KeyFiles.Validator(2)));
        var tree = new RewardTree(1, chain.Settings.Token, (node, new TokenAmount(700_000)), (validator, new TokenAmount(300_000)));
        await using var proving = await ProvingValidator.StartAsync();
        string[] asked = ["--validator", proving.Url];

        await FundAsync(new TokenAmount(1_000_000));
        await CheckpointAsync(height: 1, tree.Root);
        proving.Tree = tree with { First = (node, new TokenAmount(9_000_000)) };
        Assert.Contains("the chain", await RefusedAsync(NodeCommand.Create(), ["withdraw", .. asked]), StringComparison.Ordinal);
        proving.Tree = tree;
        await RunAsync(NodeCommand.Create(), ["withdraw", .. asked]);
        await RunAsync(ValidatorCommand.Create(), ["withdraw", "2", .. asked]);
        await RunAsync(NodeCommand.Create(), ["rewards", "--json", .. asked]);

        var token = new TokenContract(chain, chain.Settings.Token);
        Assert.Equal((new TokenAmount(700_000), new TokenAmount(300_000)), (await token.ReadBalanceAsync(node), await token.ReadBalanceAsync(validator)));
        Assert.Contains("has had all", await RefusedAsync(NodeCommand.Create(), ["withdraw", .. asked]), StringComparison.Ordinal);
        Assert.Contains("has had all", await RefusedAsync(ValidatorCommand.Create(), ["withdraw", "3", .. asked]), StringComparison.Ordinal);
        await proving.DisposeAsync();
        Assert.Contains("does not answer", await RefusedAsync(NodeCommand.Create(), ["withdraw", .. asked]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stake_is_taken_out_in_two_steps_with_the_delay_between_them()
    {
        var node = AddressOf(KeyFiles.Node(2));
        Assert.Contains("Begin it", await RefusedAsync(NodeCommand.Create(), ["withdraw", "2", "--finish"]), StringComparison.Ordinal);
        Assert.Contains("$10.000000 bonded", await RefusedAsync(NodeCommand.Create(), ["withdraw", "2", "--start", "--dollars", "11"]), StringComparison.Ordinal);
        await RunAsync(NodeCommand.Create(), ["withdraw", "2", "--start", "--dollars", "4"]);
        Assert.Contains("free in", await RefusedAsync(NodeCommand.Create(), ["withdraw", "2", "--finish"]), StringComparison.Ordinal);

        await new Forknet(chain).AdvanceTimeAsync(14 * 86_400);
        await RunAsync(NodeCommand.Create(), ["withdraw", "2", "--finish"]);
        Assert.Equal(new TokenAmount(4_000_000), await new TokenContract(chain, chain.Settings.Token).ReadBalanceAsync(node));
        Assert.Equal(new TokenAmount(6_000_000), (await new ValidatorRegistryContract(chain).ReadStakeAsync(Text, SubnetRole.Node, node)).Bonded);
    }

    [Fact]
    public async Task Stake_is_put_behind_a_role_and_what_is_there_is_not_sent_again()
    {
        var (staker, file, registry) = (AddressOf(KeyFiles.Validator(4)), state.KeyFile(KeyFiles.Validator(4)), new ValidatorRegistryContract(chain));
        Assert.Contains("is enough", await RefusedAsync(StakeCommand.Create(), ["validator", "--key-file", file]), StringComparison.Ordinal);
        Assert.Contains("are to be staked", await RefusedAsync(StakeCommand.Create(), ["validator", "--key-file", file, "--dollars", "1000000"]), StringComparison.Ordinal);
        using var faucet = new ChainConnection(chain.Settings, LocalMoney.FaucetKey);
        await new TokenContract(faucet, chain.Settings.Token).MintAsync(staker, new TokenAmount(5_000_000));
        await RunAsync(StakeCommand.Create(), ["validator", "--network", "forknet", "--rpc", shared.Rpc, "--dollars", "5"]);
        Assert.Equal(LocalMoney.ValidatorStake, (await registry.ReadStakeAsync(Text, SubnetRole.Validator, staker)).Bonded);
        await RunAsync(StakeCommand.Create(), ["validator", "--key-file", file, "--dollars", "5"]);
        Assert.Equal(new TokenAmount(105_000_000), (await registry.ReadStakeAsync(Text, SubnetRole.Validator, staker)).Bonded);
    }

    [Fact]
    public async Task A_key_is_made_once_for_its_owner_alone()
    {
        const string file = "one-more.key"; // where the command is run
        Assert.Equal(0, await KeyCommand.Create().Parse([file]).InvokeAsync());
        var (made, mode) = (await File.ReadAllTextAsync(file), File.GetUnixFileMode(file));
        Assert.Equal(0, await KeyCommand.Create().Parse([file]).InvokeAsync());
        Assert.Equal((made, UnixFileMode.UserRead | UnixFileMode.UserWrite), (await File.ReadAllTextAsync(file), mode));
        File.Delete(file);
    }

    [Fact]
    public async Task A_replaced_key_votes_from_the_next_snapshot_and_the_old_one_never_again()
    {
        var (consensus, staker, old) = (new ConsensusContract(chain), AddressOf(KeyFiles.Validator(3)), AddressOf(KeyFiles.Consensus(3)));

        // The disk is gone: the key file, and its signing guard.
        File.Delete(state.KeyFile(KeyFiles.Consensus(3)));
        await RunAsync(ValidatorCommand.Create(), ["replace-key", "3"]);
        var named = AddressOf(KeyFiles.Consensus(3));
        Assert.Equal(named, await consensus.ReadKeyAsync(Text, staker));
        Assert.NotEqual(old, named);

        await new Forknet(chain).AdvanceTimeAsync(600);
        await RunAsync(ValidatorCommand.Create(), ["replace-key", "3"]);
        var voters = (await consensus.ReadSnapshotAsync(Text, await consensus.ReadSnapshotCountAsync(Text))).Voters.Select(static voter => voter.Key).ToArray();
        Assert.Contains(AddressOf(KeyFiles.Consensus(3)), voters);
        Assert.DoesNotContain(voters, voter => voter == old || voter == named);
        Assert.Contains("named on the chain before", await RefusedAsync(
            ValidatorCommand.Create(), ["replace-key", "3", "--new-key-file", state.KeyFile(KeyFiles.Consensus(4))]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("has no validator 9", "rewards", "9")]
    [InlineData("There is no subnet 7", "rewards", "--subnet", "7")]
    [InlineData("takes an http", "withdraw", "--validator", "ftp://there")]
    [InlineData("no checkpoint", "withdraw", "--subnet", "2")]
    [InlineData("not running", "status")]
    [InlineData("--new-key-file", "replace-key", "--network", "forknet")]
    public async Task What_is_wrong_is_said(string said, params string[] arguments)
    {
        var rpc = arguments.Contains("--network") ? new[] { "--rpc", shared.Rpc, "--key-file", state.KeyFile(KeyFiles.Validator(1)) } : [];
        var message = await RefusedAsync(ValidatorCommand.Create(), [.. arguments, .. rpc]);
        Assert.Contains(said, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_broadcast_nothing_is_sent_to_a_named_network()
    {
        var before = await chain.ReadBlockNumberAsync();
        await RunAsync(NodeCommand.Create(), ["withdraw", "--start", "--network", "forknet", "--rpc", shared.Rpc, "--account", AddressOf(KeyFiles.Node(1)).ToString()]);
        Assert.Equal(before, await chain.ReadBlockNumberAsync());
    }

    [Theory]
    [InlineData("withdraw", "--start", "--finish")]
    [InlineData("withdraw", "--dollars", "3")]
    [InlineData("rewards", "0")]
    [InlineData("rewards", "--account", "0x12")]
    public void What_cannot_be_meant_is_no_command(params string[] arguments) => Assert.NotEmpty(NodeCommand.Create().Parse(arguments).Errors);

    private IEnumerable<Address> Voters() => new[] { 1, 2, 4 }.Select(number => AddressOf(KeyFiles.Consensus(number)));

    // What the payment contract does with the protocol fee.
    private async Task FundAsync(TokenAmount amount)
    {
        using var faucet = new ChainConnection(chain.Settings, LocalMoney.FaucetKey);
        var token = new TokenContract(faucet, chain.Settings.Token);
        await token.MintAsync(faucet.Sender!.Value, amount);
        await token.EnsureAllowanceAsync(chain.Settings.ValidatorRegistry, amount);
        await faucet.SendAsync(new StakeContract(faucet).FundRewardsCall(Text, chain.Settings.Token, amount));
    }

    // What the validators do: each signs, and anybody submits.
    private async Task CheckpointAsync(ulong height, Hash32 rewards)
    {
        using var sender = new ChainConnection(NetworkSettings.Read(state).ToChain(), LocalMoney.FaucetKey);
        var consensus = new ConsensusContract(sender);
        var domain = Eip712Domain.Consensus(sender.Settings.ChainId, sender.Settings.ValidatorRegistry, await consensus.ReadNetworkSaltAsync(Text));
        var checkpoint = new Checkpoint(1, height, default, default, default, rewards, default);
        var places = (await consensus.ReadSnapshotAsync(Text, 1)).Voters.Select(static (voter, place) => (voter.Key, place)).ToDictionary(static voter => voter.Key, static voter => voter.place);
        var signatures = new[] { 1, 2, 4 }.Select(number =>
        {
            using var key = KeyFiles.Read(state.KeyFile(KeyFiles.Consensus(number)));
            return (Place: places[key.Address], key.Sign(checkpoint, domain).Signature);
        }).ToDictionary(static signed => signed.Place, static signed => signed.Signature);
        await sender.SendAsync(consensus.SubmitCheckpointCall(Text, checkpoint, signatures));
    }

    private Address AddressOf(string role)
    {
        using var signer = KeyFiles.Read(state.KeyFile(role));
        return signer.Address;
    }

    private async Task RunAsync(Command command, string[] arguments)
    {
        var parsed = command.Parse([.. arguments, "--state", state.Path]);
        Assert.Empty(parsed.Errors);
        Assert.Equal(0, await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, CancellationToken.None));
    }

    private async Task<string> RefusedAsync(Command command, string[] arguments) => (await Assert.ThrowsAsync<CliException>(() => RunAsync(command, arguments))).Message;
}
