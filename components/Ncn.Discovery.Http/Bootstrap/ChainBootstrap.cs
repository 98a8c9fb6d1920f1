using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Protocol;

namespace Ncn.Discovery.Http.Bootstrap;

/// <summary>The discovery addresses that staked operators announced on the chain; those with the most stake in each subnet.</summary>
/// <remarks>An address is its operator's word: whoever answers there must have a record that this operator signed.</remarks>
public sealed class ChainBootstrap(ChainConnection chain) : IBootstrapSource
{
    private const uint MaxSubnets = 32;
    private const int MaxOfSubnet = 8;

    public string Name => "the chain";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<BootstrapRecord>> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Records(await ReadEntriesAsync(cancellationToken));
        }
        catch (ChainException unread)
        {
            throw new BootstrapException($"The bootstrap directory {chain.Settings.BootstrapDirectory} cannot be read: {unread.Message}", unread);
        }
    }

    /// <summary>What is no http or https URL is left out.</summary>
    internal static IReadOnlyList<BootstrapRecord> Records(IEnumerable<BootstrapEntry> entries) =>
        [.. entries.Select(static entry => BootstrapRecord.Of(entry.Url) is { } record ? record with { Operator = entry.Operator } : null).OfType<BootstrapRecord>().Distinct()];

    private async Task<IEnumerable<BootstrapEntry>> ReadEntriesAsync(CancellationToken cancellationToken)
    {
        var (directory, entries) = (new BootstrapDirectoryContract(chain), new List<BootstrapEntry>());
        var subnets = Math.Min(await new ValidatorRegistryContract(chain).ReadSubnetCountAsync().WaitAsync(cancellationToken), MaxSubnets);
        for (uint subnet = 1; subnet <= subnets; subnet++)
        {
            entries.AddRange(await directory.ReadAsync(new SubnetId(subnet), MaxOfSubnet).WaitAsync(cancellationToken));
        }

        return entries;
    }
}
