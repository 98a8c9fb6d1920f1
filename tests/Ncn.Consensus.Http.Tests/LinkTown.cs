using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Consensus.Wire;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Consensus.Http.Tests;

/// <summary>One validator's link, and what came in over it.</summary>
internal sealed class LinkHouse : IAsyncDisposable
{
    private LinkHouse(Signer key) => Key = key;

    public Signer Key { get; }

    public ValidatorLink Link { get; private set; } = null!;

    public ConcurrentQueue<(Address From, WireMessage Message)> Received { get; } = [];

    /// <summary>What it says to a message; true unless a test wants otherwise.</summary>
    public Func<WireMessage, bool> Believes { get; set; } = static _ => true;

    public LinkPeer Self => new(Key.Address, new Uri($"http://127.0.0.1:{Link.Port}"));

    public static Task<LinkHouse> OpenAsync(Signer key, LinkLimits? limits = null, int port = 0, TimeProvider? time = null) =>
        OpenAsync(LinkTown.Identity(key), key, limits, port, time);

    public static async Task<LinkHouse> OpenAsync(LinkIdentity identity, Signer key, LinkLimits? limits = null, int port = 0, TimeProvider? time = null)
    {
        var house = new LinkHouse(key);
        house.Link = await ValidatorLink.ListenAsync(
            IPAddress.Loopback, port, identity, house.Take, new AddressRules(AllowLoopback: true), limits ?? LinkTown.Quick, time ?? TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        return house;
    }

    public ValueTask DisposeAsync() => Link.DisposeAsync();

    private bool Take(Address from, WireMessage message)
    {
        Received.Enqueue((from, message));
        return Believes(message);
    }
}

internal static class LinkTown
{
    public static readonly Hash32 Network = Keccak256.Of([1]);
    public static readonly Eip712Domain Domain = Eip712Domain.Network(1, Key(99).Address);
    public static readonly LinkLimits Quick = new() { FirstBackoff = TimeSpan.FromMilliseconds(10), LongestBackoff = TimeSpan.FromMilliseconds(50) };

    public static Signer Key(int number) => new(Keccak256.Of(BitConverter.GetBytes(number)).ToArray());

    /// <summary>Ascending by address.</summary>
    public static Signer[] Keys(int count) => [.. Enumerable.Range(1, count).Select(Key).OrderBy(static key => key.Address)];

    public static LinkIdentity Identity(Signer key, Address? claimed = null) => new(claimed ?? key.Address, proof => key.Sign(proof, Domain).Signature, Domain, Network);

    public static async Task<LinkHouse[]> OpenAsync(int count)
    {
        var houses = await Task.WhenAll(Keys(count).Select(static key => LinkHouse.OpenAsync(key)));
        Array.ForEach(houses, house => house.Link.SetPeers(houses.Select(static other => other.Self)));
        await UntilAsync(() => Array.TrueForAll(houses, house => house.Link.Connected.Length == count - 1));
        return houses;
    }

    public static async Task CloseAsync(params LinkHouse[] houses)
    {
        foreach (var house in houses)
        {
            await house.DisposeAsync();
        }
    }

    /// <summary>A vote; its signature is one in form only.</summary>
    public static WireMessage.Ballot Ballot(ulong view, int signer = 0) => new(new ClaimedVote(new Vote(VoteKind.Nullify, 1, view, default), signer, AnySignature));

    public static Signature AnySignature { get; } = Key(1).SignDigest(Network);

    public static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!holds())
        {
            await Task.Delay(2, patience.Token);
        }
    }

    /// <summary>A clock that stands, and whose timers never fire.</summary>
    public sealed class StoppedTime : TimeProvider
    {
        public override long GetTimestamp() => 1;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Never();

        private sealed class Never : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
