using System.Net.Http.Json;
using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Benchmarks.Actors;

/// <summary>What a caller asks of the registry, one at a time.</summary>
internal sealed class ActorSteps : IDisposable
{
    private static readonly SubnetId Subnet = new(1);
    private static readonly Address Payer = Address.Parse("0x00000000000000000000000000000000000000a1");
    private static readonly Address Node = Address.Parse("0x00000000000000000000000000000000000000a2");
    private static readonly Address Token = Address.Parse("0x00000000000000000000000000000000000000c1");
    private static readonly ChannelFunds Funds = new(new TokenAmount(uint.MaxValue), TokenAmount.Zero);
    private readonly HttpClient _http = new();
    private readonly Uri _sidecar;
    private readonly ChannelConfig _config = NodeChannel.Config(Payer, Node, Token);
    private readonly Hash32 _guest = Keccak256.Of([1]);
    private readonly string _channelId;
    private readonly string _guestId;
    private readonly IGuestActor _guests;
    private readonly IChannelActor _channel;
    private long _request;
    private object[] _row = [];

    public ActorSteps(RegistryHost host)
    {
        _sidecar = host.Sidecar;
        ActorProxyFactory actors = host.Actors();
        var (guest, channel) = (ActorTypes.IdOf(Subnet, _guest), ActorTypes.IdOf(_config.Id(host.PaymentsDomain)));
        (_guestId, _channelId) = (guest.GetId(), channel.GetId());
        _guests = actors.CreateActorProxy<IGuestActor>(guest, ActorTypes.Guest);
        _channel = actors.CreateActorProxy<IChannelActor>(channel, ActorTypes.Channel);
    }

    /// <summary>A turn that changes one small entry: a free request is counted.</summary>
    public async Task GuestTurnAsync()
    {
        if (!(await _guests.TakeAsync(new FreeRequestCall(_guest, int.MaxValue))).IsFree)
        {
            throw new BenchmarkFailedException("the guest's actor refused a free request");
        }
    }

    /// <summary>A turn of the ledger: a job is authorized and an amount charged, as a gateway's group of steps does.</summary>
    public async Task ChannelTurnAsync()
    {
        string key = $"{new RequestId(Keccak256.Of(BitConverter.GetBytes(++_request)))}:1";
        ulong expires = (ulong)DateTimeOffset.UtcNow.AddMinutes(10).ToUnixTimeMilliseconds();
        ChannelResult[] results = await _channel.ApplyAsync(
        [
            new ChannelStep { Authorize = new AuthorizeCall(key, _config, new TokenAmount(1), Funds, expires) },
            new ChannelStep { Charge = new ChargeCall(key, new TokenAmount(1)) },
        ]);
        if (results.Any(static result => result.Outcome != ChannelOutcome.Accepted))
        {
            throw new BenchmarkFailedException($"the channel's actor refused a step: {results[0].Outcome}, {results[1].Outcome}");
        }
    }

    /// <summary>A turn that changes nothing: both hops, the actor's code, no commit.</summary>
    public Task EmptyTurnAsync() => _channel.GetVoucherAsync();

    /// <summary>One hop: the sidecar's own answer.</summary>
    public Task HopAsync() => SendAsync(HttpMethod.Get, "v1.0/healthz", null);

    /// <summary>One hop and a commit of a row of the guest's size: what the app does at the end of a turn.</summary>
    public Task SaveAsync() => SendAsync(HttpMethod.Post, "v1.0/state/statestore", JsonContent.Create(_row));

    /// <summary>Bytes of the entry that the guest's turn writes.</summary>
    public async Task<int> GuestBytesAsync()
    {
        byte[] entry = await _http.GetByteArrayAsync(new Uri(_sidecar, $"v1.0/actors/{ActorTypes.Guest}/{_guestId}/state/book"));
        _row = [new { key = "bench", value = new string('x', entry.Length) }];
        return entry.Length;
    }

    /// <summary>Bytes of the largest entry that the channel's turn writes.</summary>
    public async Task<int> ChannelBytesAsync() =>
        (await _http.GetByteArrayAsync(new Uri(_sidecar, $"v1.0/actors/{ActorTypes.Channel}/{_channelId}/state/ledger"))).Length;

    public void Dispose() => _http.Dispose();

    private async Task SendAsync(HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, new Uri(_sidecar, path)) { Content = content };
        using HttpResponseMessage answer = await _http.SendAsync(request);
        if (!answer.IsSuccessStatusCode)
        {
            throw new BenchmarkFailedException($"the sidecar answered {(int)answer.StatusCode} to {path}");
        }
    }
}
