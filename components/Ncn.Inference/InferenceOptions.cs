using System.ComponentModel.DataAnnotations;

namespace Ncn.Inference;

/// <summary>How models are loaded and run on this machine.</summary>
public sealed class InferenceOptions
{
    /// <summary>ONNX Runtime on the CPU.</summary>
    public const string Cpu = "CPU";

    /// <summary>ONNX Runtime on an NVIDIA GPU; needs the CUDA build of ONNX Runtime.</summary>
    public const string Cuda = "CUDA";

    /// <summary>CPU (the default) or CUDA.</summary>
    [RegularExpression("^(CPU|CUDA)$", ErrorMessage = "ExecutionProvider must be CPU or CUDA.")]
    public string ExecutionProvider { get; set; } = Cpu;

    /// <summary>The GPU's number, 0 to 63; default 0.</summary>
    [Range(0, 63)]
    public int Device { get; set; }

    /// <summary>Whether models are run on the CPU, and offered as such, when CUDA is asked for and cannot be had; default false: the node does not start.</summary>
    public bool AllowCpuFallback { get; set; }

    /// <summary>Threads within one operator, 0 to 1024; 0, the default, lets ONNX Runtime choose.</summary>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Operators of one model that run side by side, 0 to 1024; default 1: one after the other.</summary>
    [Range(0, 1024)]
    public int InterOpThreads { get; set; } = 1;

    /// <summary>CUDA: memory that one model's arena may take on the GPU, in MiB, 0 to 1048576; 0, the default, means no limit.</summary>
    [Range(0, 1_048_576)]
    public int GpuMemoryMegabytes { get; set; }

    /// <summary>Memory that one decoder's key-value cache may take, in MiB, 1 to 1048576; default 2048. A model that needs more is refused when it loads.</summary>
    [Range(1, 1_048_576)]
    public int KvCacheMegabytes { get; set; } = 2048;

    /// <summary>Requests that one model runs at once where its manifest does not say, 1 to 1024; default 4.</summary>
    [Range(1, 1024)]
    public int Slots { get; set; } = 4;

    /// <summary>Requests that wait for a slot of one model where its manifest does not say, 0 to 65536; default 64.</summary>
    [Range(0, 65536)]
    public int MaxWaiting { get; set; } = 64;

    /// <summary>Largest output of one request to a tensor model, in MiB, 1 to 2047; default 64.</summary>
    [Range(1, 2047)]
    public int MaxOutputMegabytes { get; set; } = 64;

    /// <summary>
    /// Whether a model's files are copied to a folder of this process before they are loaded, so that what was verified is what is
    /// loaded; default true. False only where nobody can write the model repository: on a read-only mount.
    /// </summary>
    public bool CopyBeforeLoading { get; set; } = true;

    /// <summary>Where the copies lie while a model loads; empty, the default, means the system's folder for temporary files.</summary>
    public string StagingFolder { get; set; } = "";

    /// <summary>Largest model, all files together, in MiB, 1 to 16777216; default 65536.</summary>
    [Range(1, 16_777_216)]
    public int MaxModelMegabytes { get; set; } = 65_536;

    /// <summary>Seconds that trying out a new model may take, 1 to 3600; default 300.</summary>
    [Range(1, 3600)]
    public int TrialSeconds { get; set; } = 300;

    /// <summary>
    /// Memory that trying out a new model may take on the CPU, in MiB, 0 to 16777216; 0, the default, means 2048 and the key-value cache and
    /// six times the model's files.
    /// </summary>
    [Range(0, 16_777_216)]
    public int TrialMegabytes { get; set; }

    /// <summary>The same options for the CPU.</summary>
    internal InferenceOptions OnCpu()
    {
        var copy = (InferenceOptions)MemberwiseClone();
        copy.ExecutionProvider = Cpu;
        return copy;
    }
}
