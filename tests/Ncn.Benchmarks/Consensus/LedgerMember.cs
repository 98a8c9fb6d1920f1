using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Consensus;
using Ncn.Consensus.Http;
using Ncn.Consensus.Wire;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Validator.Durable;
using Ncn.Validator.Engine;
using Ncn.Validator.Rows;
using Ncn.Validator.Signing;

namespace Ncn.Benchmarks.Consensus;

/// <summary>One validator as a process of its own: the engine, guard and rows of dapr/Ncn.Validator, the link, and a port that answers when an operation is final.</summary>
internal sealed class LedgerMember : IEngineEvents
{
    /// <summary>How the benchmark's program is told to be one.</summary>
    public const string Argument = "consensus-member";

    public static readonly Hash32 Salt = Keccak256.Of("consensus benchmark"u8);
    public static readonly GuardDomains Domains = new(Eip712Domain.Consensus(1, Address.Parse("0x00000000000000000000000000000000000000c3"), Salt), Eip712Domain.Network(1, Address.Parse("0x00000000000000000000000000000000000000c3")));

    private ValidatorEngine _engine = null!;
    private ValidatorLink _link = null!;

    public static Signer Key(int number) => new(Keccak256.Of(BitConverter.GetBytes(number)).ToArray());

    /// <param name="arguments">Folder, the own number, ports of all links and then of all who take operations.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        int[] ports = [.. arguments[2].Split(',').Select(static port => int.Parse(port, CultureInfo.InvariantCulture))];
        await new LedgerMember().RunAsync(arguments[0], int.Parse(arguments[1], CultureInfo.InvariantCulture), ports[..(ports.Length / 2)], ports[(ports.Length / 2)..]);
        return 0;
    }

    private async Task RunAsync(string folder, int number, int[] links, int[] submits)
    {
        Signer[] keys = [.. Enumerable.Range(1, links.Length).Select(Key)];
        var set = ValidatorSet.Of(keys.Select(static key => new Ncn.Consensus.Validator(key.Address, 100)));
        Signer own = keys[number];
        var identity = new LinkIdentity(own.Address, proof => own.Sign(proof, Domains.Network).Signature, Domains.Network, Salt);
        _link = await ValidatorLink.ListenAsync(
            IPAddress.Loopback, links[number], identity, (from, message) => _engine.Receive(from, message), AddressRules.All, LinkLimits.Default, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        _engine = Engine(folder, own, set);
        _link.SetPeers(keys.Select((key, place) => new LinkPeer(key.Address, new Uri($"http://127.0.0.1:{links[place].ToString(CultureInfo.InvariantCulture)}"))));
        _engine.Start();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server => server.Listen(IPAddress.Loopback, submits[number], static endpoint => endpoint.Protocols = HttpProtocols.Http2));
        await using WebApplication app = builder.Build();
        app.Run(SubmitAsync);
        await app.RunAsync();
        _engine.Dispose();
        await _link.DisposeAsync();
    }

    private ValidatorEngine Engine(string folder, Signer key, ValidatorSet set)
    {
        var settings = new EngineSettings(Salt, Domains, ConsensusLimits.Default, EpochHeights: 1_000_000_000);
        string guardPath = Path.Combine(folder, "validator.guard");
        SigningGuard.Create(LocalDisk.Instance, guardPath, key.Address, Domains);
        LogContent content = LogContent.Begin(settings.FirstEpoch(set), LedgerState.Empty);
        RowLog log = RowLog.Create(LocalDisk.Instance, folder, content);
        SigningGuard guard = SigningGuard.Open(LocalDisk.Instance, guardPath, key, Domains, content.Incarnation);
        var around = new EngineSurroundings(_link, NoChain.Instance, [NoChain.Instance], this, TimeProvider.System, NullLogger.Instance);
        return new ValidatorEngine(settings, guard, log, content, around);
    }

    private async Task SubmitAsync(HttpContext http)
    {
        using var body = new MemoryStream(256);
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        if (!WireForm.TryRead(body.GetBuffer().AsSpan(0, (int)body.Length), Salt, out WireMessage? message, out _) || message is not WireMessage.Operations { Items: [var claimed] })
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        Task final = _engine.FinalAsync(claimed, http.RequestAborted);
        if (_engine.Submit(claimed) is not Admission.Taken)
        {
            http.Response.StatusCode = StatusCodes.Status409Conflict;
            return;
        }

        await final;
    }

    void IEngineEvents.Delivered(Block block, EpochSettings epoch, LedgerState ledger)
    {
    }

    void IEngineEvents.Restored(Block block, LedgerState ledger)
    {
    }

    Func<byte[]> IEngineEvents.Keep() => static () => [];

    void IEngineEvents.EpochOpened(EpochSettings epoch)
    {
    }

    void IEngineEvents.CheckpointReady(Checkpoint checkpoint, ImmutableSortedDictionary<int, Signature> signatures)
    {
    }

    void IEngineEvents.Accused(Evidence evidence, Address key) => Environment.FailFast($"a validator was accused: {evidence}");

    void IEngineEvents.Halted(string reason) => Environment.FailFast(reason);

    void IEngineEvents.Failed(Exception failure) => Environment.FailFast("the engine failed", failure);
}
