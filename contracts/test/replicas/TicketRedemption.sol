// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @notice What the gas benchmark compares with: probabilistic micropayments as in Livepeer. A ticket that
/// won is redeemed once, against its sender's deposit; each leaves a used-mark, which is a new slot.
contract TicketRedemption {
    struct Ticket {
        address recipient;
        address sender;
        uint256 faceValue;
        uint256 winProbability;
        uint256 senderNonce;
        bytes32 recipientRandomHash;
        bytes auxiliary;
    }

    mapping(address sender => uint256) public deposits;
    mapping(address recipient => uint256) public earned;
    mapping(bytes32 ticketHash => bool) public used;

    event WinningTicketRedeemed(
        address indexed sender,
        address indexed recipient,
        uint256 faceValue,
        uint256 winProbability,
        uint256 senderNonce,
        uint256 recipientRandom,
        bytes auxiliary
    );
    event WinningTicketTransfer(address indexed sender, address indexed recipient, uint256 amount);

    error Refused(uint256 row);

    function fund(address sender, uint256 amount) external {
        deposits[sender] += amount;
    }

    function redeem(Ticket[] calldata tickets, bytes[] calldata signatures, uint256[] calldata randoms)
        external
    {
        for (uint256 i = 0; i < tickets.length; ++i) {
            if (!_redeem(tickets[i], signatures[i], randoms[i])) revert Refused(i);
        }
    }

    function hashOf(Ticket calldata ticket) public pure returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                ticket.recipient,
                ticket.sender,
                ticket.faceValue,
                ticket.winProbability,
                ticket.senderNonce,
                ticket.recipientRandomHash,
                ticket.auxiliary
            )
        );
    }

    function _redeem(Ticket calldata ticket, bytes calldata signature, uint256 random)
        private
        returns (bool)
    {
        bytes32 hash = hashOf(ticket);
        if (used[hash] || keccak256(abi.encode(random)) != ticket.recipientRandomHash) return false;
        bytes32 digest = MessageHashUtils.toEthSignedMessageHash(hash);
        if (ECDSA.recoverCalldata(digest, signature) != ticket.sender) return false;
        bool won = uint256(keccak256(abi.encodePacked(signature, random))) < ticket.winProbability;
        if (!won || ticket.faceValue > deposits[ticket.sender]) return false;

        used[hash] = true;
        deposits[ticket.sender] -= ticket.faceValue;
        earned[ticket.recipient] += ticket.faceValue;
        emit WinningTicketTransfer(ticket.sender, ticket.recipient, ticket.faceValue);
        _report(ticket, random);
        return true;
    }

    function _report(Ticket calldata ticket, uint256 random) private {
        emit WinningTicketRedeemed(
            ticket.sender,
            ticket.recipient,
            ticket.faceValue,
            ticket.winProbability,
            ticket.senderNonce,
            random,
            ticket.auxiliary
        );
    }
}
