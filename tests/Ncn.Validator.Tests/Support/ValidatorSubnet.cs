using Ncn.Chain.Registry;
using Ncn.Protocol;
using Ncn.Tests.Escrow;
using Ncn.Tests.Vault;

namespace Ncn.Validator.Tests.Support;

/// <summary>A subnet on the local chain with four operators who have staked as validators and named a consensus key each.</summary>
internal sealed class ValidatorSubnet(LocalChain local, SubnetId id, string folder)
{
    internal const ulong Stake = 100_000_000;

    internal SubnetId Id => id;

    internal List<Operator> Operators { get; } = [];

    internal ConsensusContract Contract { get; } = new(local.Minter.Chain);

    internal static async Task<ValidatorSubnet> CreateAsync(LocalChain local, string folder)
    {
        var parameters = new SubnetParameters(new(1), new(1), new(Stake), 14 * 86_400, 600, 200, default);
        var subnet = await new ValidatorRegistryContract(local.Minter.Chain).CreateSubnetAsync("text", local.Settings.Token, parameters);
        var made = new ValidatorSubnet(local, subnet.Id, folder);
        for (var i = 0; i < 4; i++)
        {
            made.Operators.Add(await made.NewOperatorAsync(i));
        }

        return made;
    }

    /// <summary>Stakes, and names a key that is made here as an operator's tools make it: with the mark that it is new.</summary>
    internal async Task<Operator> NewOperatorAsync(int index)
    {
        var party = await local.NewPartyAsync(1_000);
        await party.Token.EnsureAllowanceAsync(local.Settings.ValidatorRegistry, new TokenAmount(Stake));
        await new ValidatorRegistryContract(party.Chain).StakeAsync(id, SubnetRole.Validator, new TokenAmount(Stake));
        var sender = Path.Combine(folder, $"operator-{index}.key");
        Ncn.Hosting.KeyFile.LoadOrCreate(sender).Dispose();
        await File.WriteAllTextAsync(sender, party.Key);
        var made = new Operator(party, sender, Path.Combine(folder, $"state-{index}"), "");
        return await NameKeyAsync(made, Path.Combine(folder, $"validator-{index}.key"));
    }

    /// <summary>A new consensus key in the old one's place.</summary>
    internal async Task<Operator> NameKeyAsync(Operator validator, string keyFile)
    {
        using var key = Ncn.Hosting.KeyFile.LoadOrCreate(keyFile);
        await File.WriteAllTextAsync(keyFile + ".new", "");
        var signed = key.Sign(new ConsensusKey(id, validator.Party.Address), local.Settings.NetworkDomain);
        await validator.Party.Chain.SendAsync(new ConsensusContract(validator.Party.Chain).SetKeyCall(id, key.Address, signed.Signature));
        return validator with { KeyFile = keyFile };
    }

    internal Task<ValidatorApp> StartAsync(Operator validator, params (string Key, string Value)[] more) =>
        ValidatorApp.StartAsync(local.Settings, id, validator.Folder, validator.SenderKeyFile, static _ => { }, [("Ncn:Validator:KeyFile", validator.KeyFile), .. more]);

    /// <summary>Its consensus key lies in a vault, and no file has it any more.</summary>
    internal async Task<ValidatorApp> StartFromVaultAsync(Operator validator, TestVault vault)
    {
        vault.Secrets["the-key"] = (await File.ReadAllTextAsync(validator.KeyFile)).Trim();
        File.Delete(validator.KeyFile);
        Directory.CreateDirectory(validator.Folder);
        File.Move(validator.KeyFile + ".new", Path.Combine(validator.Folder, "validator.new"));
        return await ValidatorApp.StartAsync(
            local.Settings, id, validator.Folder, validator.SenderKeyFile, vault.Serve, ("Ncn:Validator:KeyVault", TestVault.Address), ("Ncn:Validator:KeyVaultSecret", "the-key"));
    }
}

/// <summary>Who runs a validator.</summary>
internal sealed record Operator(Party Party, string SenderKeyFile, string Folder, string KeyFile);
