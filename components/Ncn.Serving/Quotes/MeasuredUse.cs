using System.Collections.Concurrent;
using Ncn.Payments.Pricing;

namespace Ncn.Serving.Quotes;

/// <summary>What share of their ceilings requests really used, by model, as this process has measured it.</summary>
public sealed class MeasuredUse
{
    private const int MaxModels = 10_000;
    private readonly ConcurrentDictionary<string, ExpectedUse> _models = new(StringComparer.Ordinal);

    /// <summary>A request for the model, by its offer's name, has ended.</summary>
    public void Add(string model, Usage limit, Usage used)
    {
        if (_models.Count < MaxModels || _models.ContainsKey(model))
        {
            _models.AddOrUpdate(model, static (_, one) => ExpectedUse.Unknown.Add(one.limit, one.used), static (_, use, one) => use.Add(one.limit, one.used), (limit, used));
        }
    }

    /// <summary>What was measured of a model.</summary>
    public ExpectedUse Of(string model) => _models.GetValueOrDefault(model, ExpectedUse.Unknown);
}
