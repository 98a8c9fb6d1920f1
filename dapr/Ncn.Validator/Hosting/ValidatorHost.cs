using System.Net;
using Azure.Core;
using Azure.Security.KeyVault.Secrets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Chain;
using Ncn.Consensus.Http;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Validator.Api;
using Ncn.Validator.Durable;
using Ncn.Validator.Duty;
using Ncn.Validator.Duty.Probes;
using Ncn.Validator.Engine;
using Ncn.Validator.OnChain;
using Ncn.Validator.Rows;
using Ncn.Validator.Signing;
using Ncn.Verification;
using Ncn.Verification.Grpc;

namespace Ncn.Validator.Hosting;

/// <summary>
/// The life of a validator: (1) look at the chain until it has a set; (2) take the key and its guard; (3) listen to the others; (4) go on from the
/// own rows, or begin with the first epoch, or take the ledger from the others; (5) vote, and tell the chain what is owed to it.
/// </summary>
internal sealed class ValidatorHost(
    IOptions<ValidatorOptions> options, IConfiguration configuration, ChainSettings settings, TokenCredential credential, SecretClientOptions vaultOptions, IHttpClientFactory clients, PeerUrls peers,
    IServer server, IHostApplicationLifetime life, TimeProvider time, ILogger<ValidatorHost> log) : BackgroundService
{
    private readonly SubnetId _subnet = new((uint)options.Value.Subnet);
    private readonly LeftBehind _left = new(time);
    private ChainConnection? _chain;
    private ChainObserver? _observer;
    private WorkFold? _fold;
    private ValidatorLink? _link;
    private SigningGuard? _guard;
    private ValidatorEngine? _running;
    private Signed<ValidatorPlace>? _place;
    private string? _problem;
    private string? _refusal;
    private volatile CurrentStanding? _standing;
    private ProbeDesk? _desk;
    private Task _duties = Task.CompletedTask;

    /// <summary>Null until the validator takes part.</summary>
    internal ValidatorEngine? Engine { get; private set; }

    /// <summary>Where others are; null before the own key is there.</summary>
    internal PeerPlaces? Places { get; private set; }

    /// <summary>The statement of the newest root that the chain has accepted.</summary>
    internal (Hash32 Root, VerificationState Stated)? Statement =>
        _observer?.Glance?.Latest?.RewardsRoot is { IsZero: false } root && _fold?.Statements.FirstOrDefault(statement => statement.Root == root) is { Stated: { } stated } ? (root, stated) : null;

    /// <summary>It signs nothing any more, and an operator has to see to it: its key was refused, its engine has halted or failed.</summary>
    internal bool HasStopped => _refusal is not null || Engine?.Status is { HaltReason: not null } or { Failure: not null };

    internal ValidatorStatus Status()
    {
        var (status, glance) = (Engine?.Status, _observer?.Glance);
        var state = status is null ? "starting" : status.Failure is not null ? "failed" : status.HaltReason is not null ? "halted" : status.Epoch.Own is null ? "following" : "voting";
        return new ValidatorStatus(
            _guard?.Key ?? default, state, _refusal ?? status?.Failure ?? status?.HaltReason ?? _problem, LinkUrl?.ToString(), status?.Epoch.Number ?? 0, status?.View ?? 0, status?.Delivered.Height ?? 0,
            status?.Delivered.Roots.State ?? default, status?.Waiting ?? 0, _link?.Connected.Length ?? 0, status is null ? [] : Members(status), glance?.Epoch ?? 0, glance?.Latest?.Height ?? 0);
    }

    /// <summary>What is final, for the actor; null before the validator takes part.</summary>
    internal FinalisedLedger? Final() => Engine?.Status is { } status && _guard is { } guard
        ? new FinalisedLedger(guard.Key, guard.Incarnation, status.Epoch.Number, status.Delivered.Height, status.Delivered.Roots.State, status.Epoch.Set.Hash, status.Delivered.Roots.Rewards) : null;

    /// <summary>The key must not be used any more: the engine ends, everything else stays up and says why.</summary>
    internal void Refuse(string problem)
    {
        log.LogCritical("{Problem}", problem);
        (_refusal, Engine) = (problem, null);
        _running?.Dispose();
    }

    /// <summary>For the operator alone; null for a validator that sends no probes.</summary>
    internal ProbeReport? Probes() => _desk?.Report(Engine?.Status.Epoch.Number ?? 0);

    /// <summary>Null while it is not known.</summary>
    internal CurrentStanding? Standing()
    {
        if (Engine is not { Status: var status } engine || _fold?.State is not { } state)
        {
            return null;
        }

        var (known, root) = (_standing, status.Delivered.Roots.State);
        return known?.IsOf(state, root) == true ? known : _standing = CurrentStanding.Of(state, root, _guard!.Key, engine.Sign);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        try
        {
            await LiveAsync(ending.Token);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            log.LogDebug("The validator ends.");
        }
        catch (Exception refused) when (refused is GuardRefusedException or DamagedFileException)
        {
            // Everything else stays up, so that the operator and the others see why.
            _refusal = refused.Message;
            log.LogCritical("{Problem}", refused.Message);
        }
        finally
        {
            await ending.CancelAsync();
            await EndAsync();
        }
    }

    private Uri? LinkUrl => options.Value.LinkUrl ?? (_link is { } link ? new Uri($"http://127.0.0.1:{link.Port}") : null);

    // The server may begin to listen later than this life does; what is signed once is good until the next start.
    private Signed<ValidatorPlace>? Place(Hash32 salt)
    {
        var listens = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is { } address ? new Uri($"http://127.0.0.1:{BindingAddress.Parse(address).Port}") : null;
        return (options.Value.ApiUrl ?? listens) is not { } api || LinkUrl is not { } link || _guard is not { } guard ? null
            : guard.SignMessage(new ValidatorPlace(guard.Key, salt, api.ToString(), link.ToString(), (ulong)time.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    private string Folder => options.Value.Folder ?? Path.Combine(configuration["Ncn:State:Directory"] ?? ".", "apps", configuration["APP_ID"] ?? $"validator-{options.Value.Index}");

    // A rooted path stays what it is.
    private string InKeys(string file) => Path.Combine(configuration["Ncn:Keys:Directory"] ?? ".", file);

    private async Task LiveAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Folder);
        _chain = new ChainConnection(settings, options.Value.SenderKeyFile is { } sender ? Ncn.Hosting.KeyFile.ReadHex(InKeys(sender)) : null);
        var observer = _observer = new ChainObserver(_chain, _subnet, (ulong)options.Value.StartBlock);
        var owed = new OwedToChain(LocalDisk.Instance, Path.Combine(Folder, "owed-to-chain"));
        WorkFold Fold(ChainGlance glance) => new(new VerificationPlace(_subnet, glance.Subnet.StakeToken), options.Value.Rules, observer.AccountOf);
        var early = new ChainWork(_chain, _subnet, observer, owed, new WorkFold(new VerificationPlace(_subnet, settings.Token), new VerificationRules(), observer.AccountOf), () => options.Value.Index - 1, log);
        while (observer.Glance is not { Salt.IsZero: false })
        {
            await LookAsync(observer, early, cancellationToken);
        }

        var fold = _fold = Fold(observer.Glance);
        await TakePartAsync(observer, fold, owed, early, cancellationToken);
        var work = new ChainWork(_chain, _subnet, observer, owed, fold, () => Engine?.Status.Epoch.Own ?? options.Value.Index, log);
        while (!cancellationToken.IsCancellationRequested)
        {
            await LookAsync(observer, work, cancellationToken);
        }
    }

    // A chain that does not answer stops nothing here, nor what is told to it and cannot be: what needs it waits, and votes go on.
    private async Task LookAsync(ChainObserver observer, ChainWork work, CancellationToken cancellationToken)
    {
        try
        {
            if (await observer.LookAsync(cancellationToken))
            {
                Engine?.Look();
            }

            EndIfLeft(observer.Glance);

            await work.WorkAsync(cancellationToken);
            _problem = observer.Glance is { Salt.IsZero: true } ? $"Subnet {_subnet} has no snapshot of its validators on the chain yet." : null;
        }
        catch (Exception silent) when (silent is ChainUnavailableException or ContractRevertedException)
        {
            _problem = silent.Message;
            log.LogWarning("The chain: {Problem}", silent.Message);
        }
        catch (Exception failure) when (failure is ChainException or FormatException or InvalidDataException or IOException or ArgumentException)
        {
            _problem = $"What is owed to the chain cannot be told: {failure.Message}";
            log.LogError(failure, "What is owed to the chain cannot be told; it is tried again with the next look.");
        }

        await Task.Delay(TimeSpan.FromMilliseconds(options.Value.LookMilliseconds), time, cancellationToken);
    }

    private void EndIfLeft(ChainGlance? glance)
    {
        if (glance is not null && Engine?.Status is { Failure: null } status && _left.Look(glance.Epoch, status.Epoch.Number, status.Delivered.Height))
        {
            Stop(new InvalidOperationException($"Epoch {glance.Epoch} runs on the chain, this validator is in epoch {status.Epoch.Number} at height {status.Delivered.Height}, and nobody has what it lacks. Started again it begins with the chain's epoch."));
        }
    }

    private async Task TakePartAsync(ChainObserver observer, WorkFold fold, OwedToChain owed, ChainWork early, CancellationToken cancellationToken)
    {
        var salt = observer.Glance!.Salt;
        var engineSettings = new EngineSettings(
            salt, new GuardDomains(Eip712Domain.Consensus(settings.ChainId, settings.ValidatorRegistry, salt), settings.NetworkDomain), options.Value.Limits, (ulong)options.Value.EpochHeights);
        var opened = RowLog.Open(LocalDisk.Instance, Folder, salt);
        var (signer, path) = LoadKey(engineSettings.Domains);
        _guard = SigningGuard.Open(LocalDisk.Instance, path, signer, engineSettings.Domains, opened?.Content.IncarnationOf(signer.Address) ?? 0);
        log.LogInformation("Validator {Key} takes its key into use for the {Incarnation}. time.", _guard.Key, _guard.Incarnation);
        Receiver receiver = new();
        _link = await ValidatorLink.ListenAsync(
            IPAddress.Parse(options.Value.BindAddress), options.Value.LinkPort, new LinkIdentity(_guard.Key, proof => _guard.SignMessage(proof).Signature, settings.NetworkDomain, salt),
            receiver.Receive, options.Value.Calls, LinkLimits.Default, time, log, cancellationToken);
        Places = new PeerPlaces(key => observer.IsVoter(key) || Engine?.Status.Epoch.Set.IndexOf(key) is not null, settings.NetworkDomain, salt, time);
        _ = KeepPeersAsync(new PeerBook(peers, Places, clients.CreateClient(PeerBook.ClientName), clients.CreateClient(PeerBook.StrangersName), () => _place ??= Place(salt), log), _link, cancellationToken);
        var (rows, content) = await BeginAsync(opened, observer, engineSettings, receiver, cancellationToken);
        while (content.Epoch.Set.Members.Any(member => observer.AccountOf(member.Key) is null))
        {
            await LookAsync(observer, early, cancellationToken); // The chain's nodes are behind the own rows.
        }

        fold.Begin(content.Kept(), content.At);
        var events = new HostEvents(fold, owed, static _ => { }, Stop, log);
        Engine = _running = new ValidatorEngine(engineSettings, _guard, rows, content, new EngineSurroundings(_link, observer, [observer, fold], events, time, log) { Kept = fold });
        receiver.Engine = Engine;
        Engine.Start();
        _duties = KeepDutiesAsync(fold, Engine, _guard, cancellationToken);
    }

    // Rows of an epoch that the chain has left behind by more than one are of no use: nobody may have what followed them any more.
    private async Task<(RowLog Log, LogContent Content)> BeginAsync(
        (RowLog Log, LogContent Content)? opened, ChainObserver observer, EngineSettings engineSettings, Receiver receiver, CancellationToken cancellationToken)
    {
        if (opened is var (own, held) && observer.Glance!.Epoch <= held.Epoch.Number + 1)
        {
            return (own, held);
        }

        var content = await Newcomer.BeginAsync(_chain!, _subnet, observer, engineSettings, _link!, receiver, _guard!.Key, time, log, cancellationToken);
        if (opened is not { Log: var old, Content: var left })
        {
            return (RowLog.Create(LocalDisk.Instance, Folder, content), content);
        }

        log.LogWarning("The own rows are of epoch {Epoch}, which the others have left: the ledger goes on from the beginning of epoch {Now}.", left.Epoch.Number, content.Epoch.Number);
        content = content with { Key = left.Key, Incarnation = left.Incarnation };
        old.BeginPart(content)();
        return (old, content);
    }

    // Beside the looks at the chain: a re-run takes its time.
    private async Task KeepDutiesAsync(WorkFold fold, ValidatorEngine engine, SigningGuard guard, CancellationToken cancellationToken)
    {
        try
        {
            // The sender's key signs for the worker where there is one: it outlives a key that votes.
            using var sender = options.Value is { Verifier: not null, SenderKeyFile: { } file } ? Ncn.Hosting.KeyFile.Load(InKeys(file)) : null;
            var parties = options.Value is { Verifier: not null, VerifierAddress: { } owner }
                ? new CheckParties(Address.Parse(owner), sender?.Address ?? guard.Key, call => sender?.Sign(call, settings.NetworkDomain) ?? guard.SignMessage(call), settings.NetworkDomain) : null;
            Uri[] gateways = [.. options.Value.GatewayUrls().OfType<Uri>()];
            using var desk = options.Value.Probes.IsOn ? ProbeDesk.Open(options.Value.Probes, settings, InKeys, Folder, gateways, configuration["Ncn:Operator:Token"], time) : null;
            _desk = desk;
            var place = new DutyPlace(gateways, options.Value.Verifier, parties, settings.NetworkDomain, options.Value.Calls, TimeSpan.FromMilliseconds(options.Value.LookMilliseconds), desk);
            await new DutyKeeper(fold, engine, guard.Key, place, clients.CreateClient(GatewayReader.ClientName), time, log).KeepAsync(() => engine != Engine, cancellationToken);
        }
        catch (Exception ended) when (engine != Engine || cancellationToken.IsCancellationRequested)
        {
            log.LogDebug("No more duties are done: {Reason}", ended.Message);
        }
        catch (Exception failure)
        {
            Stop(failure);
        }
    }

    private (Signer Signer, string Guard) LoadKey(GuardDomains domains)
    {
        if (options.Value.KeyVault is { } vault)
        {
            var guard = Path.Combine(Folder, "validator.guard");
            var secret = options.Value.KeyVaultSecret ?? $"validator-{options.Value.Index}";
            return (ConsensusKeys.FromVault(LocalDisk.Instance, new SecretClient(vault, credential, vaultOptions), secret, Path.Combine(Folder, "validator" + ConsensusKeys.NewMark), guard, domains), guard);
        }

        var path = InKeys(options.Value.KeyFile ?? $"validator-{options.Value.Index}.key");
        return (ConsensusKeys.FromFile(LocalDisk.Instance, path, path + ".guard", domains), path + ".guard");
    }

    private async Task KeepPeersAsync(PeerBook book, ValidatorLink link, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await book.LookAsync(cancellationToken);
                link.SetPeers(book.Known);
                await Task.Delay(TimeSpan.FromMilliseconds(options.Value.LookMilliseconds), time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            log.LogDebug("Peers are not looked for any more.");
        }
    }

    private IReadOnlyList<ValidatorMember> Members(EngineStatus status) =>
        [.. status.Epoch.Set.Members.Select((member, place) => new ValidatorMember(member.Key, _observer?.AccountOf(member.Key), new TokenAmount(member.Weight), status.Accused.Contains(place)))];

    private void Stop(Exception failure)
    {
        log.LogCritical(failure, "The engine has failed; the process ends, and goes on from its rows when it is started again.");
        Environment.ExitCode = 1;
        life.StopApplication();
    }

    // Duties use the engine, and say so loudly when it is gone before them.
    private async Task EndAsync()
    {
        await _duties;
        if (_link is { } link)
        {
            await link.DisposeAsync();
        }

        if (_running is { } engine)
        {
            engine.Dispose();
        }
        else
        {
            _guard?.Dispose();
        }

        _chain?.Dispose();
    }

    /// <summary>Takes messages before there is an engine: then they are for who begins.</summary>
    internal sealed class Receiver
    {
        internal ValidatorEngine? Engine { get; set; }

        internal Action<Address, WireMessage>? Early { get; set; }

        internal bool Receive(Address from, WireMessage message)
        {
            if (Engine is { } engine)
            {
                return engine.Receive(from, message);
            }

            Early?.Invoke(from, message);
            return true;
        }
    }
}
