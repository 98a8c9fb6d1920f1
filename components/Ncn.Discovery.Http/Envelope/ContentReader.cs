using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Discovery.Http.Envelope;

/// <summary>A message is not what it must be; the message of the exception says what.</summary>
public sealed class MalformedMessageException(string message) : Exception(message);

/// <summary>Reads what is asked and answered into types that cannot be invalid. Throws <see cref="MalformedMessageException"/>.</summary>
internal sealed class ContentReader(VerifiedRecords records)
{
    private const int MaxPeers = 64;
    private const int MaxAdverts = 256;
    private const int MaxKnown = 256;

    /// <summary>Who wrote it; null for a client, which says nothing of itself.</summary>
    public Contact? ReadPeer(JsonElement content) => !content.TryGetProperty("peer"u8, out var peer)
        ? null
        : records.ReadPeer(JsonMarshal.GetRawUtf8Value(peer)) ?? throw new MalformedMessageException("the sender's record is malformed, or its operator did not sign it");

    public DiscoveryRequest ReadRequest(JsonElement content) => Text(content, "kind"u8) switch
    {
        "ping" => DiscoveryRequest.Ping.Instance,
        "leave" => DiscoveryRequest.Leave.Instance,
        "find-peers" => new DiscoveryRequest.FindPeers(Hash(content, "target"u8)),
        "find-adverts" => new DiscoveryRequest.FindAdverts(new DiscoveryKey(Hash(content, "key"u8)), Ids(content)),
        "store" => new DiscoveryRequest.Store(new DiscoveryKey(Hash(content, "key"u8)), [.. Adverts(content).Select(static advert => advert
            ?? throw new MalformedMessageException("an advert is malformed, or its operator did not sign it"))]),
        var other => throw new MalformedMessageException($"the kind '{other}' is not known"),
    };

    public DiscoveryAnswer ReadAnswer(JsonElement content) => Text(content, "kind"u8) switch
    {
        "pong" => DiscoveryAnswer.Pong.Instance,
        "peers" => new DiscoveryAnswer.Peers(Peers(content)),
        // What a peer passes on without checking it must not spoil what else it passes on.
        "adverts" => new DiscoveryAnswer.Adverts([.. Adverts(content).OfType<VerifiedAdvert>()], IsTrue(content, "more"u8), Peers(content)),
        "stored" => new DiscoveryAnswer.Stored([.. Items(content, "outcomes"u8, MaxAdverts).Select(Outcome)]),
        var other => throw new MalformedMessageException($"the kind '{other}' is not known"),
    };

    private ImmutableArray<Contact> Peers(JsonElement content) =>
        [.. Items(content, "peers"u8, MaxPeers).Select(item => records.ReadPeer(JsonMarshal.GetRawUtf8Value(item))).OfType<Contact>()];

    private IEnumerable<VerifiedAdvert?> Adverts(JsonElement content) => Items(content, "adverts"u8, MaxAdverts).Select(item =>
        item.ValueKind != JsonValueKind.Object ? null
        : item.TryGetProperty("node"u8, out var node) ? records.ReadAdvert(JsonMarshal.GetRawUtf8Value(node), AdvertKind.Node)
        : item.TryGetProperty("gateway"u8, out var gateway) ? records.ReadAdvert(JsonMarshal.GetRawUtf8Value(gateway), AdvertKind.Gateway)
        : null);

    private static ImmutableArray<Hash32> Ids(JsonElement content) => [.. Items(content, "known"u8, MaxKnown).Select(static item =>
        item.ValueKind == JsonValueKind.String && Hash32.TryParse(item.GetString(), out var id) ? id : throw new MalformedMessageException("an id is no 32 bytes in hex"))];

    private static StoreOutcome Outcome(JsonElement item) =>
        item.ValueKind == JsonValueKind.String && Enum.TryParse<StoreOutcome>(item.GetString(), out var outcome) && Enum.IsDefined(outcome)
            ? outcome
            : throw new MalformedMessageException("an outcome is not known");

    private static JsonElement.ArrayEnumerator Items(JsonElement content, ReadOnlySpan<byte> name, int most) =>
        !content.TryGetProperty(name, out var items) || items.ValueKind != JsonValueKind.Array ? throw new MalformedMessageException($"{System.Text.Encoding.UTF8.GetString(name)} is no list")
        : items.GetArrayLength() > most ? throw new MalformedMessageException($"{System.Text.Encoding.UTF8.GetString(name)} has more than {most} elements")
        : items.EnumerateArray();

    private static Hash32 Hash(JsonElement content, ReadOnlySpan<byte> name) =>
        Hash32.TryParse(Text(content, name), out var hash) ? hash : throw new MalformedMessageException($"{System.Text.Encoding.UTF8.GetString(name)} is no 32 bytes in hex");

    private static bool IsTrue(JsonElement content, ReadOnlySpan<byte> name) => content.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static string? Text(JsonElement content, ReadOnlySpan<byte> name) =>
        content.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
