/** Mail, and what a file has kept of the sample that it was copied from. */
import type { LeftoverCode } from '../codes.ts';
import { type Explanation, trap } from './explanation.ts';

export const LEFTOVERS: Readonly<Record<LeftoverCode, Explanation>> = {
  'mail-never-sent': trap(
    'mail that is never sent',
    `Instances and groups mail their changes only with smtp_alert, and mail goes out only when recipients
    and a relay are named. One half stands here, and the other does not, so the silence will look like
    health. Write the other half, or remove this one.`,
  ),
  'mail-by-name': trap(
    'a relay that must be looked up',
    `The name is looked up once, when the file is read. At boot the daemon often starts before name service
    works, and no mail is sent until the next reload. An address needs no name service.`,
  ),
  'sample-value': trap(
    'the password of the sample',
    `A third of all published files has kept the 1111 of the sample. The password is there to keep two
    pairs on one network from taking each other for a peer, and a stranger's pair has this one, too.
    Choose one of your own, of up to 8 characters, the same on both directors.`,
  ),
  'sample-vrid': trap(
    'the virtual router id of the sample',
    `51 and 1111 are what the sample has, and what two strangers on one network both have when neither
    has changed them. They would be one virtual router, and only one of them MASTER. Choose a number
    from 1 to 255 that is free on this network.`,
  ),
  'sample-router-id': trap(
    'the router id of the sample',
    `LVS_DEVEL names this director in mails and logs, and is in every copy of the sample. You will not
    know which machine speaks. Write the machine's name, or nothing: then it is the host name.`,
  ),
  'sample-mail': trap(
    'mail addresses of the sample',
    `The recipient or relay comes from the sample and does not exist at your site. Nobody is told when
    something fails, and each attempt waits for a timeout. Write your own, or remove the lines.`,
  ),
  'weak-password': trap(
    'a password that everybody tries',
    `It is a short number, or a word that comes to everybody's mind. It goes over the network in clear, so it
    is no protection against an attacker; it keeps neighbouring pairs apart, and for that it should be
    unlike theirs. Eight random characters cost nothing.`,
  ),
};
