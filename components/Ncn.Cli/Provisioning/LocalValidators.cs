using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Cli.Network;
using Ncn.Protocol;

namespace Ncn.Cli.Provisioning;

/// <summary>The validators of a local network: their stakes, the keys that they vote with, and the snapshot that opens their first epoch.</summary>
/// <remarks>They validate the first subnet, text: an instance of consensus is of one subnet. The reward pool fills itself, by the protocol fee on what is settled.</remarks>
internal sealed class LocalValidators(StateFolder state, ChainConnection faucet, Action<string> log)
{
    /// <summary>Fewest that the contract takes into a snapshot.</summary>
    public const int Fewest = 4;

    /// <summary>Most on one machine.</summary>
    public const int Most = 16;

    /// <summary>The subnet that they validate.</summary>
    public static readonly SubnetId Subnet = new(1);

    /// <summary>Keys of this many: each has one that stakes, one that votes, one that tells the chain, and those of its own requests; the verifier re-runs answers for them all.</summary>
    public static IEnumerable<string> KeysOf(int count) => count == 0 ? [] :
        [.. Enumerable.Range(1, count).SelectMany(static index => new[] { KeyFiles.Validator(index), KeyFiles.Consensus(index), KeyFiles.ValidatorRelay(index) }.Concat(KeyFiles.Purses(index))), KeyFiles.Verifier];

    /// <summary>Each step looks first, so it can be repeated.</summary>
    public async Task ProvisionAsync(LocalStakes stakes, int count, CancellationToken cancellation)
    {
        if (count == 0)
        {
            return;
        }

        await Task.WhenAll(Enumerable.Range(1, count).Select(index => EnterAsync(stakes, index, cancellation)));
        var consensus = new ConsensusContract(faucet);
        if (await consensus.ReadSnapshotCountAsync(Subnet) == 0)
        {
            await faucet.SendAsync(consensus.TakeSnapshotCall(Subnet), cancellation);
            log($"epoch 1 of subnet {Subnet} is open, with {count} validators");
        }
    }

    /// <summary>Names the key of a file for the operator that the connection sends for, unless the chain knows it already; true when it was sent.</summary>
    public static async Task<bool> NameKeyAsync(ChainConnection sender, string keyFile, CancellationToken cancellation)
    {
        using var key = KeyFiles.Read(keyFile);
        var (consensus, staker) = (new ConsensusContract(sender), sender.Sender!.Value);
        if (await consensus.ReadKeyAsync(Subnet, staker) == key.Address)
        {
            return false;
        }

        await sender.SendAsync(NamingCall(sender, Subnet, staker, key), cancellation);
        return true;
    }

    /// <summary>The call by which an operator names a key, which signs that it is the operator's.</summary>
    public static Ncn.Chain.Transactions.TransactionCall NamingCall(ChainConnection chain, SubnetId subnet, Address staker, Signer key) =>
        new ConsensusContract(chain).SetKeyCall(subnet, key.Address, key.Sign(new ConsensusKey(subnet, staker), chain.Settings.NetworkDomain).Signature);

    private async Task EnterAsync(LocalStakes stakes, int index, CancellationToken cancellation)
    {
        var key = File.ReadAllText(state.KeyFile(KeyFiles.Validator(index))).Trim();
        await stakes.StakeAsync(key, SubnetRole.Validator, LocalMoney.ValidatorStake, [Subnet], cancellation);
        using var staker = new ChainConnection(faucet.Settings, key);
        if (await NameKeyAsync(staker, state.KeyFile(KeyFiles.Consensus(index)), cancellation))
        {
            log($"{staker.Sender} votes in subnet {Subnet} with the key of {KeyFiles.Consensus(index)}.key");
        }
    }
}
