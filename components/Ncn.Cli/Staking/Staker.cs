using System.CommandLine;
using System.Globalization;
using Ncn.Chain.Registry;
using Ncn.Cli.Network;
using Ncn.Cli.Subnets;
using Ncn.Protocol;

namespace Ncn.Cli.Staking;

/// <summary>Whose stake and rewards a command is about: a node or validator of the local network by its number, or who owns a key.</summary>
internal sealed class Staker
{
    private readonly Option<uint> subnet = new("--subnet") { Description = "The subnet's number. Default: 1, which is the one that a local network's validators are of.", DefaultValueFactory = _ => 1 };
    private readonly Option<string?> account = new("--account") { Description = "The operator's address, where its key is not at hand." };
    private readonly Option<string[]> validators = new("--validator") { Description = "Address of a validator's HTTP API that is asked for proofs; may be given several times. Default: those of the local network.", AllowMultipleArgumentsPerToken = true };
    private readonly string name;

    public Staker(SubnetRole role)
    {
        (Role, name) = (role, role == SubnetRole.Node ? "node" : "validator");
        Number = new Argument<int>(name) { Description = $"Which {name} of the local network; default the first.", DefaultValueFactory = _ => 1 };
        Number.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError($"{name}s are numbered from 1.");
            }
        });
        account.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !Address.TryParse(text, out _))
            {
                result.AddError($"--account is '{text}'; it takes an address: 0x and 40 hex digits.");
            }
        });
        Target = new SubnetTarget(parsed => RoleOf(parsed.GetValue(Number)));
    }

    public SubnetRole Role { get; }

    public Argument<int> Number { get; }

    public SubnetTarget Target { get; }

    public void AddTo(Command command)
    {
        command.Add(Number);
        command.Add(subnet);
        command.Add(account);
        command.Add(validators);
        Target.AddTo(command, sends: true);
    }

    /// <exception cref="CliException">There is no such subnet or key.</exception>
    public async Task<StakeSession> OpenAsync(ParseResult parsed)
    {
        var (folder, number) = (Target.Folder(parsed), parsed.GetValue(Number));
        var isNamed = parsed.GetValue<string?>("--key-file") is not null || parsed.GetValue<string?>("--network") is not null;
        if (!isNamed && !File.Exists(folder.KeyFile(RoleOf(number))))
        {
            throw new CliException(string.Create(CultureInfo.InvariantCulture, $"The network of {folder.Path} has no {name} {number}: {There(folder)}. Another operator's key is given with --key-file."));
        }

        var session = await Target.OpenAsync(parsed, sends: true);
        var view = await session.ReadAsync(parsed.GetValue(subnet));
        var staker = parsed.GetValue(account) is { } text ? Address.Parse(text)
            : session.Chain.Sender ?? throw new CliException($"Whose stake and rewards it is about follows from the key: give it with --key-file, or the address with --account.");
        return new StakeSession(session, view, Role, staker, ValidatorsOf(parsed, folder));
    }

    private static IReadOnlyList<Uri> Given(string[] texts) => [.. texts.Select(static text =>
        Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url : throw new CliException($"--validator is '{text}'; it takes an http or https address."))];

    private string RoleOf(int number) => Role == SubnetRole.Node ? KeyFiles.Node(number) : KeyFiles.Validator(number);

    private IReadOnlyList<Uri> ValidatorsOf(ParseResult parsed, StateFolder folder) => parsed.GetValue(validators) is { Length: > 0 } given
        ? Given(given)
        : [.. (RuntimeReport.Read(folder)?.Validators ?? []).Select(static validator => validator.Address)];

    private string There(StateFolder folder)
    {
        var count = Directory.Exists(folder.Keys) ? Directory.GetFiles(folder.Keys, name + "-*.key").Length : 0;
        return count > 0 ? string.Create(CultureInfo.InvariantCulture, $"it has 1 to {count}")
            : Role == SubnetRole.Validator ? "it has none (./ncn up --validators 4 makes some)" : "it has none";
    }
}

/// <summary>An operator in one role of one subnet, on one chain.</summary>
/// <param name="Validators">Whom to ask for what it has earned; none where nobody is known.</param>
internal sealed record StakeSession(SubnetSession Chain, SubnetView Subnet, SubnetRole Role, Address Staker, IReadOnlyList<Uri> Validators) : IDisposable
{
    public Address Token => Subnet.StakeToken;

    public async Task<TokenAmount> ReadClaimedAsync() => await Chain.Owner.ReadClaimedRewardAsync(Subnet.Id, Token, Staker);

    public async Task<StakeView> ReadStakeAsync() => await Chain.Registry.ReadStakeAsync(Subnet.Id, Role, Staker);

    /// <summary>The chain's clock, unix seconds; a local one may be ahead of this machine's.</summary>
    public async Task<ulong> ReadTimeAsync() => Math.Max(await Chain.Chain.ReadTimeAsync(), (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds());

    public void Dispose() => Chain.Dispose();
}
