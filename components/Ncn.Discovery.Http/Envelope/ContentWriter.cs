using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Discovery.Http.Envelope;

/// <summary>Writes what is asked and answered as JSON; README.md has the form.</summary>
internal sealed class ContentWriter(VerifiedRecords records)
{
    /// <summary>A request of this peer, or of a client when it has no record.</summary>
    public ReadOnlyMemory<byte> Write(Contact? self, DiscoveryRequest request) => Write(self, json =>
    {
        json.WriteString("kind"u8, Kinds.Of(request));
        switch (request)
        {
            case DiscoveryRequest.FindPeers find:
                json.WriteString("target"u8, find.Target.ToString());
                break;
            case DiscoveryRequest.FindAdverts find:
                json.WriteString("key"u8, find.Key.ToString());
                WriteIds(json, find.Known);
                break;
            case DiscoveryRequest.Store store:
                json.WriteString("key"u8, store.Key.ToString());
                WriteAdverts(json, store.Adverts);
                break;
        }
    });

    /// <summary>An answer of this peer.</summary>
    public ReadOnlyMemory<byte> Write(Contact self, DiscoveryAnswer answer) => Write(self, json =>
    {
        json.WriteString("kind"u8, Kinds.Of(answer));
        switch (answer)
        {
            case DiscoveryAnswer.Peers peers:
                WritePeers(json, peers.Closest);
                break;
            case DiscoveryAnswer.Adverts adverts:
                WriteAdverts(json, adverts.Found);
                json.WriteBoolean("more"u8, adverts.More);
                WritePeers(json, adverts.Closest);
                break;
            case DiscoveryAnswer.Stored stored:
                json.WriteStartArray("outcomes"u8);
                foreach (var outcome in stored.Outcomes)
                {
                    json.WriteStringValue(outcome.ToString());
                }

                json.WriteEndArray();
                break;
        }
    });

    private ReadOnlyMemory<byte> Write(Contact? self, Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { SkipValidation = true });
        json.WriteStartObject();
        if (self is not null)
        {
            json.WritePropertyName("peer"u8);
            json.WriteRawValue(records.BytesOf(self), skipInputValidation: true);
        }

        write(json);
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenMemory;
    }

    private static void WriteIds(Utf8JsonWriter json, ImmutableArray<Hash32> ids)
    {
        json.WriteStartArray("known"u8);
        foreach (var id in ids)
        {
            json.WriteStringValue(id.ToString());
        }

        json.WriteEndArray();
    }

    private void WritePeers(Utf8JsonWriter json, ImmutableArray<Contact> peers)
    {
        json.WriteStartArray("peers"u8);
        foreach (var peer in peers)
        {
            json.WriteRawValue(records.BytesOf(peer), skipInputValidation: true);
        }

        json.WriteEndArray();
    }

    private void WriteAdverts(Utf8JsonWriter json, ImmutableArray<VerifiedAdvert> adverts)
    {
        json.WriteStartArray("adverts"u8);
        foreach (var advert in adverts)
        {
            json.WriteStartObject();
            json.WritePropertyName(advert.Node is null ? "gateway"u8 : "node"u8);
            json.WriteRawValue(records.BytesOf(advert), skipInputValidation: true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

/// <summary>How requests and answers are named.</summary>
internal static class Kinds
{
    public static string Of(DiscoveryRequest request) => request switch
    {
        DiscoveryRequest.Ping => "ping",
        DiscoveryRequest.FindPeers => "find-peers",
        DiscoveryRequest.FindAdverts => "find-adverts",
        DiscoveryRequest.Store => "store",
        DiscoveryRequest.Leave => "leave",
        _ => throw new InvalidOperationException($"{request.GetType().Name} is not sent."),
    };

    public static string Of(DiscoveryAnswer answer) => answer switch
    {
        DiscoveryAnswer.Pong => "pong",
        DiscoveryAnswer.Peers => "peers",
        DiscoveryAnswer.Adverts => "adverts",
        DiscoveryAnswer.Stored => "stored",
        _ => throw new InvalidOperationException($"{answer.GetType().Name} is not sent."),
    };
}
