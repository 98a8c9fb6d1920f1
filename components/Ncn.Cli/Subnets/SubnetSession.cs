using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Chain.Transactions;
using Ncn.Protocol;

namespace Ncn.Cli.Subnets;

/// <summary>A chain whose subnets a command reads or changes.</summary>
/// <param name="Broadcast">False: say what would be sent, and send nothing.</param>
internal sealed record SubnetSession(ChainConnection Chain, bool Broadcast) : IDisposable
{
    public ValidatorRegistryContract Registry { get; } = new(Chain);

    public StakeContract Owner { get; } = new(Chain);

    public BootstrapDirectoryContract Directory { get; } = new(Chain);

    /// <exception cref="CliException">There is no such subnet.</exception>
    public async Task<SubnetView> ReadAsync(uint id)
    {
        var count = await Registry.ReadSubnetCountAsync();
        return id >= 1 && id <= count
            ? await Registry.ReadSubnetAsync(new SubnetId(id))
            : throw new CliException($"There is no subnet {id}; {(count == 0 ? "there are none yet" : $"they are numbered 1 to {count}")}. `subnet list` names them.");
    }

    /// <summary>Sends a call, or prints it.</summary>
    public async Task SendAsync(TransactionCall call, CancellationToken cancellation)
    {
        if (!Broadcast)
        {
            Console.WriteLine($"Would send to {call.To}: {Convert.ToHexStringLower(call.Data.Span)}");
            Console.WriteLine("Nothing was sent. --broadcast with --key-file sends it.");
            return;
        }

        var receipt = await Chain.SendAsync(call, cancellation);
        Console.WriteLine($"done by {Chain.Sender} in transaction {receipt.Transaction}");
    }

    /// <exception cref="CliException">Nobody signs.</exception>
    public Address RequireSender() => Chain.Sender ?? throw new CliException("Whose entry it is follows from the key: give it with --key-file. Nothing was sent.");

    public void Dispose() => Chain.Dispose();
}
