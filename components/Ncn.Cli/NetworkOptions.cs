using System.CommandLine;
using Ncn.Cli.Provisioning;

namespace Ncn.Cli;

/// <summary>Options that several commands have.</summary>
internal static class NetworkOptions
{
    public const int DefaultWorkers = 2;

    public static Option<string?> State() => new("--state") { Description = "The folder of the network's state. Default: NCN_STATE, else .ncn/network." };

    public static Option<bool> Json() => new("--json") { Description = "Print JSON." };

    public static Option<int> Workers()
    {
        var option = new Option<int>("--workers") { Description = "Number of compute workers, 1 to 64.", DefaultValueFactory = _ => DefaultWorkers };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 64)
            {
                result.AddError("--workers is a number from 1 to 64.");
            }
        });
        return option;
    }

    /// <summary>None, or as many as the contract takes into a snapshot at least.</summary>
    public static Option<int> Validators()
    {
        var option = new Option<int>("--validators")
        {
            Description = $"Number of validators: 0, the default, or {LocalValidators.Fewest} to {LocalValidators.Most}. They agree on the ledger, check answers again, and decide rewards and penalties.",
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is not (0 or (>= LocalValidators.Fewest and <= LocalValidators.Most)))
            {
                result.AddError(
                    $"--validators is 0 or a number from {LocalValidators.Fewest} to {LocalValidators.Most}: fewer than {LocalValidators.Fewest} cannot agree while one of them fails, and the contract opens no epoch for them.");
            }
        });
        return option;
    }

    /// <summary>Prices are the models' own; the only one that can be set for a whole network is none.</summary>
    public static Option<string?> Price()
    {
        var option = new Option<string?>("--price") { Description = "0 makes every subnet free; prices are otherwise those of the models." };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } price && price != "0")
            {
                result.AddError($"--price is '{price}'; only 0 can be given here. A model's price stands in its ncn-model.json.");
            }
        });
        return option;
    }
}
