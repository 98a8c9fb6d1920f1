using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Tests.Escrow;
using Ncn.Validator.Durable;
using Ncn.Validator.OnChain;
using Ncn.Validator.Tests.Support;
using Ncn.Verification;
using Sample = Ncn.Validator.Tests.Support.Sample;

namespace Ncn.Validator.Tests.OnChain;

/// <summary>What a validator tells a real chain of penalties: opened under the root of a checkpoint, then pardoned, or executed after the appeal delay.</summary>
public sealed class PenaltyTests(LocalChain local) : IClassFixture<LocalChain>, IDisposable
{
    private static readonly TokenAmount Stake = new(50_000_000);
    private static readonly TokenAmount Amount = new(2_000_000);
    private readonly string _folder = Directory.CreateTempSubdirectory("penalties-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_penalty_is_opened_and_executed_after_the_delay_and_one_that_is_pardoned_before_takes_nothing()
    {
        var subnet = await ValidatorSubnet.CreateAsync(local, _folder);
        var node = await StakedAsync(subnet.Id);
        var (stays, falls) = (PenaltyOf(1, node), PenaltyOf(2, node));
        var opened = VerificationState.Create(new VerificationPlace(subnet.Id, local.Settings.Token), new VerificationRules());
        opened = opened with { Penalties = opened.Penalties.Add(stays.Id, stays).Add(falls.Id, falls) };
        var pardoned = opened with { Pardons = opened.Pardons.Add(falls.Id) };
        var teller = new Teller(local, subnet, _folder, opened, pardoned);

        await teller.UntilAsync(static glance => !glance.Salt.IsZero);
        teller.Owe(4, RewardTree.Of(opened).Root);
        await teller.UntilAsync(async () => await teller.StateAsync(stays) == PenaltyState.Open && await teller.StateAsync(falls) == PenaltyState.Open);
        Assert.Equal(Amount + Amount, (await teller.StakeAsync(node)).Frozen);

        teller.Owe(8, RewardTree.Of(pardoned).Root);
        await teller.UntilAsync(async () => await teller.StateAsync(falls) == PenaltyState.Pardoned);
        Assert.Equal((PenaltyState.Open, Amount, Stake - Amount), (await teller.StateAsync(stays), (await teller.StakeAsync(node)).Frozen, (await teller.StakeAsync(node)).Bonded));

        await new Forknet(local.Minter.Chain).AdvanceTimeAsync(7 * 86_400);
        await teller.UntilAsync(async () => await teller.StateAsync(stays) == PenaltyState.Executed);
        Assert.Equal((TokenAmount.Zero, Stake - Amount), ((await teller.StakeAsync(node)).Frozen, (await teller.StakeAsync(node)).Bonded));
        Assert.Equal(PenaltyState.Pardoned, await teller.StateAsync(falls));
    }

    private static Penalty PenaltyOf(ulong number, Address node) => new(Sample.Word(number), PenalizedRole.Node, node, Amount, Sample.Word(number + 10), 1, default, default, [Sample.Word(number + 20)]);

    private async Task<Address> StakedAsync(SubnetId subnet)
    {
        var node = await local.NewPartyAsync(100);
        await node.Token.EnsureAllowanceAsync(local.Settings.ValidatorRegistry, Stake);
        await new ValidatorRegistryContract(node.Chain).StakeAsync(subnet, SubnetRole.Node, Stake);
        return node.Address;
    }

    /// <summary>The part of one validator that looks at the chain and tells it things, with two statements.</summary>
    private sealed class Teller
    {
        private const int MostLooks = 40;
        private static readonly Ancestor After = new(Sample.Word(1), 8, 8, BlockKind.Normal, new LedgerRoots(default, default, default, default), new BlockContext(0, default, default, 0));
        private readonly LocalChain _local;
        private readonly ValidatorSubnet _subnet;
        private readonly ChainObserver _observer;
        private readonly OwedToChain _owed;
        private readonly ChainWork _work;

        internal Teller(LocalChain local, ValidatorSubnet subnet, string folder, params VerificationState[] stated)
        {
            (_local, _subnet) = (local, subnet);
            var chain = subnet.Operators[0].Party.Chain;
            _observer = new ChainObserver(chain, subnet.Id, 0);
            _owed = new OwedToChain(LocalDisk.Instance, Path.Combine(folder, "owed"));
            var fold = new WorkFold(stated[0].Place, stated[0].Rules, static key => key);
            fold.Begin(WorkFoldForm.Write(stated[^1], [.. stated.Select(static (state, number) => ((ulong)number + 1, RewardTree.Of(state).Root, state))]), After);
            _work = new ChainWork(chain, subnet.Id, _observer, _owed, fold, static () => 0, NullLogger.Instance);
        }

        /// <summary>A checkpoint that all four have signed is to be told.</summary>
        internal void Owe(ulong height, Hash32 root)
        {
            var checkpoint = new Checkpoint(1, height, Sample.Word(height), Sample.Word(2), Sample.Word(3), root, default);
            var domain = Eip712Domain.Consensus(_local.Settings.ChainId, _local.Settings.ValidatorRegistry, _observer.Glance!.Salt);
            var voters = _observer.Glance.Newest!.Voters.Select(static voter => voter.Key).ToArray();
            var signatures = ImmutableSortedDictionary<int, Signature>.Empty;
            foreach (var validator in _subnet.Operators)
            {
                using var key = Ncn.Hosting.KeyFile.Load(validator.KeyFile);
                signatures = signatures.Add(Array.IndexOf(voters, key.Address), key.Sign(checkpoint, domain).Signature);
            }

            _owed.Add(new OwedCheckpoint(checkpoint, signatures));
        }

        internal Task UntilAsync(Func<ChainGlance, bool> isSo) => UntilAsync(() => Task.FromResult(isSo(_observer.Glance!)));

        internal async Task UntilAsync(Func<Task<bool>> isSo)
        {
            for (var looks = 0; looks < MostLooks; looks++)
            {
                await _observer.LookAsync(CancellationToken.None);
                await _work.WorkAsync(CancellationToken.None);
                if (await isSo())
                {
                    return;
                }
            }

            Assert.Fail($"Not within {MostLooks} looks.");
        }

        internal async Task<PenaltyState> StateAsync(Penalty penalty) => (await new PenaltyContract(_local.Minter.Chain).ReadPenaltyAsync(_subnet.Id, penalty.Id)).State;

        internal Task<StakeView> StakeAsync(Address node) => new ValidatorRegistryContract(_local.Minter.Chain).ReadStakeAsync(_subnet.Id, SubnetRole.Node, node);
    }
}
