using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Validator.Durable;
using Ncn.Validator.Engine;
using Ncn.Validator.OnChain;
using Ncn.Validator.Rows;
using Ncn.Validator.Signing;
using Ncn.Verification;

namespace Ncn.Validator.Tests.Support;

/// <summary>A validator with a disk of its own, which is started, killed and started again.</summary>
internal sealed class TestValidator(TestCluster cluster, ulong number, IDisk disk, string folder) : IEngineEvents, IDisposable
{
    private readonly string _guardPath = Path.Combine(folder, "validator.guard");

    internal Address Key { get; } = Sample.Signer(number).Address;

    internal IDisk Disk { get; private set; } = disk;

    internal ValidatorEngine? Engine { get; private set; }

    internal EngineStatus Status => Engine!.Status;

    internal ConcurrentDictionary<ulong, Hash32> Final { get; } = [];

    internal ConcurrentBag<Checkpoint> Checkpoints { get; } = [];

    internal ConcurrentBag<Evidence> Accusations { get; } = [];

    /// <summary>The verification of work, where the cluster has one.</summary>
    internal WorkFold? Fold { get; private set; }

    internal string? Halt { get; private set; }

    internal Exception? Failure { get; private set; }

    internal ConcurrentDictionary<Hash32, bool> Operations { get; } = [];

    /// <summary>A key that has never signed.</summary>
    internal TestValidator Enrol()
    {
        SigningGuard.Create(Disk, _guardPath, Key, Sample.Domains);
        return this;
    }

    internal TestValidator Start(IDisk? disk = null)
    {
        Disk = disk ?? Disk;
        (Halt, Failure) = (null, null);
        var opened = RowLog.Open(Disk, folder, Sample.Salt);
        var content = opened?.Content ?? LogContent.Begin(cluster.Settings.FirstEpoch(cluster.Set), LedgerState.Empty);
        var log = opened?.Log ?? RowLog.Create(Disk, folder, content);
        var guard = SigningGuard.Open(Disk, _guardPath, Sample.Signer(number), Sample.Domains, content.Incarnation);
        Fold = cluster.NewFold();
        var kept = content.Kept();
        Fold?.Begin(kept.Length == 0 ? cluster.KeptAtFirst : kept, content.At);
        var around = new EngineSurroundings(new MemoryLink(cluster.Network, Key), cluster.Chain, Fold is null ? [cluster.Chain] : [cluster.Chain, Fold], this, TimeProvider.System, NullLogger.Instance)
        {
            Kept = (IKeptState?)Fold ?? NothingKept.Instance,
        };
        Engine = new ValidatorEngine(cluster.Settings, guard, log, content, around);
        cluster.Network.Join(Key, Engine);
        Engine.Start();
        return this;
    }

    internal void Stop()
    {
        cluster.Network.Leave(Key);
        Engine?.Dispose();
    }

    public void Dispose() => Stop();

    void IEngineEvents.Delivered(Block block, EpochSettings epoch, LedgerState ledger)
    {
        cluster.Final(block);
        Fold?.Deliver(block, epoch);
        Final[block.Height] = block.Hash;
        foreach (var operation in block.Operations)
        {
            Operations[operation.Hash] = true;
        }

        cluster.Changed();
    }

    void IEngineEvents.Restored(Block block, LedgerState ledger)
    {
        Final[block.Height] = block.Hash;
        Fold?.Jump(block);
        cluster.Changed();
    }

    Func<byte[]> IEngineEvents.Keep() => Fold?.Keep() ?? (static () => []);

    void IEngineEvents.EpochOpened(EpochSettings epoch) => cluster.Changed();

    void IEngineEvents.CheckpointReady(Checkpoint checkpoint, ImmutableSortedDictionary<int, Signature> signatures)
    {
        Checkpoints.Add(checkpoint);
        if (!checkpoint.NextSetHash.IsZero)
        {
            cluster.Chain.Accept(checkpoint.Epoch);
        }

        cluster.Changed();
    }

    void IEngineEvents.Accused(Evidence evidence, Address key)
    {
        Accusations.Add(evidence);
        cluster.Changed();
    }

    void IEngineEvents.Halted(string reason)
    {
        Halt = reason;
        cluster.Changed();
    }

    void IEngineEvents.Failed(Exception failure)
    {
        Failure = failure;
        cluster.Changed();
    }
}

/// <summary>Four validators in one process.</summary>
internal sealed class TestCluster : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ConcurrentDictionary<ulong, Hash32> _final = [];
    private readonly SemaphoreSlim _changed = new(0);
    private readonly string _folder = Directory.CreateTempSubdirectory("validators-").FullName;
    private readonly VerificationRules? _work;

    internal TestCluster(ulong epochHeights = 1_000_000, ulong[]? weights = null, Func<ConsensusLimits, ConsensusLimits>? limits = null, VerificationRules? work = null)
    {
        ulong[] members = [1, 2, 3, 4];
        var usual = new ConsensusLimits { UnitMilliseconds = 150, ResendMilliseconds = 100, IdleMilliseconds = 60, CheckpointInterval = 10 };
        Settings = new EngineSettings(Sample.Salt, Sample.Domains, limits?.Invoke(usual) ?? usual, epochHeights) { RevealLinks = 1 << 13 };
        Set = weights is null ? SetOf(members) : ValidatorSet.Of(members.Zip(weights, static (number, weight) => new Consensus.Validator(Sample.Signer(number).Address, weight)));
        _work = work;
        Chain.Snapshot(Set);
        Network = new MemoryNetwork(Sample.Salt);
        Validators = [.. members.Select(number => NewValidator(number))];
    }

    internal EngineSettings Settings { get; init; }

    internal ValidatorSet Set { get; }

    internal TestChain Chain { get; } = new();

    internal MemoryNetwork Network { get; }

    internal List<TestValidator> Validators { get; }

    internal ulong Height => _final.Keys.DefaultIfEmpty().Max();

    internal static ValidatorSet SetOf(params ulong[] numbers) => ValidatorSet.Of(numbers.Select(static number => new Consensus.Validator(Sample.Signer(number).Address, 100)));

    internal TestValidator NewValidator(ulong number, IDisk? disk = null)
    {
        var folder = Path.Combine(_folder, number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Directory.CreateDirectory(folder);
        return new TestValidator(this, number, disk ?? LocalDisk.Instance, folder);
    }

    /// <summary>The verification's state that all begin with, as kept; empty for a new one.</summary>
    internal byte[] KeptAtFirst { get; init; } = [];

    internal WorkFold? NewFold() => _work is null ? null : new WorkFold(new VerificationPlace(new SubnetId(1), Sample.Registry), _work, static key => key);

    internal TestCluster Start()
    {
        Validators.ForEach(static validator => validator.Enrol());
        Validators.ForEach(static validator => validator.Start());
        return this;
    }

    /// <summary>A node is announced, as its operator would.</summary>
    internal static Hash32 Announce(TestValidator to, ulong node, ulong sequence = 1)
    {
        using var signer = Sample.Signer(1_000 + node);
        var operation = new Operation.AnnounceNode(signer.Address, sequence, Sample.Word(node));
        var signature = signer.Sign(SignedOperation.Message(operation), Sample.Domains.Network).Signature;
        Assert.Equal(Admission.Taken, to.Engine!.Submit(new Consensus.Wire.ClaimedOperation(operation, signature)));
        return SignedOperation.Trust(operation, signature).Hash;
    }

    /// <summary>Waits until something is so; fails the test when it takes too long.</summary>
    internal async Task UntilAsync(Func<bool> isSo, string what)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Patience, $"Not within {Patience}: {what}. {Describe()}");
            await _changed.WaitAsync(TimeSpan.FromMilliseconds(200));
        }
    }

    internal void Changed() => _changed.Release();

    /// <summary>Two blocks of one height break everything.</summary>
    internal void Final(Block block) => Assert.Equal(block.Hash, _final.GetOrAdd(block.Height, block.Hash));

    public void Dispose()
    {
        Validators.ForEach(static validator => validator.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    private string Describe() => string.Join("; ", Validators.Select(validator =>
        $"{validator.Status.Epoch.Number}/{validator.Status.View}, final {validator.Status.FinalView}, height {validator.Status.Delivered.Height}, {validator.Halt ?? validator.Failure?.ToString()}"));
}
