using Ncn.Cli.Network;

namespace Ncn.Cli.Provisioning;

/// <summary>What a new network needs.</summary>
/// <param name="Workers">How many node keys to make.</param>
/// <param name="FreeOfCharge">Every price is zero.</param>
/// <param name="Validators">How many validators to set up: 0, or what a snapshot takes.</param>
internal sealed record ProvisionRequest(StateFolder State, Uri Rpc, int Workers, bool FreeOfCharge, int Validators = 0);
