using System.Diagnostics.Metrics;

namespace Ncn.Inference;

/// <summary>The instruments of this component; each measurement has the tag <see cref="ModelTag"/>.</summary>
internal static class InferenceMeter
{
    /// <summary>Tag whose value is the model's name.</summary>
    public const string ModelTag = "model";

    /// <summary>The meter "Ncn.Inference", for instruments that belong to one engine only.</summary>
    public static readonly Meter Meter = new("Ncn.Inference");

    /// <summary>Seconds from a request's arrival to the start of its run.</summary>
    public static readonly Histogram<double> QueueWait = Meter.CreateHistogram<double>("ncn.inference.queue_wait", "s", "Time from a request's arrival to the start of its run");

    /// <summary>Rows in one run of a model.</summary>
    public static readonly Histogram<int> BatchSize = Meter.CreateHistogram<int>("ncn.inference.batch_size", "{row}", "Rows in one run of a model");
}
