// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IInferencePayment} from "./IInferencePayment.sol";

/// @notice How a channel's configuration becomes its id, for a contract at any address.
library ChannelConfigHash {
    bytes32 internal constant TYPEHASH = keccak256(
        "ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)"
    );
    string internal constant DOMAIN_NAME = "x402 Batch Settlement";
    string internal constant DOMAIN_VERSION = "1";
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    /// @dev The id within a domain whose separator is known.
    function idIn(bytes32 domain, IInferencePayment.ChannelConfig calldata config)
        internal
        pure
        returns (bytes32)
    {
        return MessageHashUtils.toTypedDataHash(domain, keccak256(abi.encode(TYPEHASH, config)));
    }

    /// @dev The id that the payment contract at `verifyingContract` gives.
    function idAt(address verifyingContract, IInferencePayment.ChannelConfig calldata config)
        internal
        view
        returns (bytes32)
    {
        bytes32 name = keccak256(bytes(DOMAIN_NAME));
        bytes32 version = keccak256(bytes(DOMAIN_VERSION));
        bytes32 domain =
            keccak256(abi.encode(DOMAIN_TYPEHASH, name, version, block.chainid, verifyingContract));
        return idIn(domain, config);
    }
}
